/** What a device does with an answer of an update endpoint. */
export interface DeviceStep {
  readonly does: 'download' | 'up_to_date' | 'blocked' | 'failed'
  readonly message?: string
  readonly version?: string
  readonly url?: string
  readonly checksum?: string
  /** Empty: the payload is taken for a plain ZIP. */
  readonly sessionKey?: string | null
  readonly manifest?: readonly unknown[]
}

type Json = Readonly<Record<string, unknown>>

/** Types of the members that iOS decodes, all of which may be missing or null. */
const IOS_TYPES: Readonly<Record<string, string>> = {
  version: 'string', checksum: 'string', url: 'string', message: 'string', error: 'string', kind: 'string', session_key: 'string', major: 'boolean', breaking: 'boolean',
  manifest: 'object', link: 'string', comment: 'string',
}

function stepOf(kind: unknown, message: unknown): DeviceStep {
  const known = (['up_to_date', 'blocked', 'failed'] as const).find((name) => name === kind)
  return { does: known ?? 'failed', message: typeof message === 'string' ? message : 'server did not provide a message' }
}

/** How the plugin on iOS reads an answer with status 200. */
export function ios(answer: unknown): DeviceStep {
  const json = answer as Json
  const value = (name: string): unknown => json[name] ?? undefined
  const isDecoded = Object.entries(IOS_TYPES).every(([name, type]) => value(name) === undefined || typeof value(name) === type)
  if (!isDecoded) return { does: 'failed', message: 'decode_error' }
  const text = (name: string): string => (value(name) ?? '') as string
  if (text('error') !== '' || text('kind') !== '') return stepOf(value('kind'), value('message'))
  if (text('url') === '') return { does: 'failed', message: 'no url or wrong format' }
  const manifest = value('manifest') as readonly unknown[] | undefined
  return { does: 'download', version: text('version'), url: text('url'), checksum: text('checksum'), sessionKey: text('session_key'), ...(manifest && { manifest }) }
}

/** How the plugin on Android reads an answer with status 200. */
export function android(answer: unknown): DeviceStep {
  const { session_key, ...others } = answer as Json
  const json: Json = session_key === undefined ? others : { ...others, sessionKey: session_key }
  // A member that is null is there.
  if ('error' in json || 'kind' in json) return stepOf(json['kind'], json['message'])
  if (typeof json['version'] !== 'string') return { does: 'failed', message: 'no version' }
  if (typeof json['url'] !== 'string' || !URL.canParse(json['url'])) return { does: 'failed', message: 'no url or wrong format' }
  const text = (name: string): string | null => (name in json ? (json[name] as string | null) : '')
  const manifest = json['manifest'] as readonly unknown[] | undefined
  return { does: 'download', version: json['version'], url: json['url'], checksum: text('checksum') ?? '', sessionKey: text('sessionKey'), ...(manifest && { manifest }) }
}
