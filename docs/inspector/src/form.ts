import { byId } from './dom.js'
import { readerOf } from './keyring.js'
import type { DeviceReader } from 'otaseal/device'

/** What the person demands of an envelope; `null` is no check. */
export interface Demands {
  /** A public key or a trust store. */
  readonly trust: string
  readonly app: string | null
  readonly channel: string | null
  readonly lastSequence: number | null
  readonly runtime: string | undefined
  readonly reader: DeviceReader | undefined
  readonly asServer: boolean
}

export const fields = {
  trust: byId('trust', HTMLTextAreaElement),
  app: byId('app', HTMLInputElement),
  channel: byId('channel', HTMLInputElement),
  lastSequence: byId('last-sequence', HTMLInputElement),
  runtime: byId('runtime', HTMLInputElement),
  reader: byId('reader', HTMLInputElement),
  role: byId('role', HTMLSelectElement),
} as const

/** @throws RangeError where a field holds something else than it is for */
export function readDemands(): Demands {
  const [app, channel, runtime, sequence] = [fields.app, fields.channel, fields.runtime, fields.lastSequence].map(({ value }) => value.trim()) as [string, string, string, string]
  if (!/^\d{0,15}$/.test(sequence)) throw new RangeError('the installed sequence must be a whole number')
  return {
    trust: fields.trust.value,
    app: app === '' ? null : app,
    channel: channel === '' ? null : channel,
    lastSequence: sequence === '' ? null : Number(sequence),
    runtime: runtime === '' ? undefined : runtime,
    reader: readerOf(fields.reader.value),
    asServer: fields.role.value === 'server',
  }
}
