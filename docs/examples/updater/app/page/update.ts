import { EnvelopeError, openEnvelope } from 'otaseal/device'
import { download } from './download.js'
import { ServerError } from './problems.js'
import { askForRelease } from './server.js'
import { deviceId, install, kept } from './state.js'
import type { HeadInput } from 'otaseal/device'
import type { DownloadOptions } from './download.js'

/** Bytes of a bundle. */
const MAX_SIZE = 50 * 2 ** 20

interface Offer {
  readonly head: HeadInput
  readonly payload: string
}

/** Installs the newest release of a channel; gives its version, or nothing where there is nothing new. */
export async function update(channel: string, options: DownloadOptions): Promise<string | undefined> {
  const { trust, sequences } = await kept()
  const { app, runtime, type, reader, builtIn } = CONFIG
  const lastSequence = Math.max(Object.hasOwn(sequences, channel) ? (sequences[channel] ?? 0) : 0, builtIn.sequence)
  const offer = offerOf(await askForRelease({ app, channel, runtime, deviceId: await deviceId(), lastSequence }, options.signal))
  if (offer === undefined) return undefined
  const opened = await openEnvelope(offer.head, { trust, reader, app, channel, runtime, type, lastSequence, maxSize: MAX_SIZE, signal: options.signal })
  const { releaseId, header: { version, sequence, bundle } } = opened
  await download(opened, offer.payload, options)
  await install({ releaseId, channel, version, sequence }, bundle.size)
  return version
}

/** What the server says is a claim: here only its form is looked at. */
function offerOf(answer: unknown): Offer | undefined {
  const release = ownMember(answer, 'release')
  if (release === null) return undefined
  const [head, payload] = [ownMember(release, 'head'), ownMember(release, 'payload')]
  if (typeof head !== 'object' || head === null || typeof payload !== 'string' || !/^\/v1\/payloads\/[0-9a-f]{64}$/.test(payload)) {
    throw new ServerError('bad-answer', 'the answer names no release')
  }
  return { head, payload }
}

function ownMember(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}

/** Whether a run was ended by its own signal, however the browser calls that. */
export function endedBy(signal: AbortSignal, error: unknown): unknown {
  return signal.aborted ? new EnvelopeError('aborted', 'the update was stopped', { cause: error }) : error
}
