import { newestTrust, openEnvelope, verifyTrustUpdate } from '../../src/index.js'
import { secret } from './world.js'
import type { EnvelopeParts, TrustStore } from '../../src/index.js'

export const DAY = 86_400

/** What a device writes down, in one file. */
export interface Kept {
  readonly trust: TrustStore
  readonly sequences: Readonly<Record<string, number>>
}

/** A device as `docs/trust.md` has it, with a disk that is a text, so that it can be started again at any time. */
export interface Device {
  disk: string | undefined
  embedded: TrustStore
  now: number
  tolerance: number
}

const upTo = (limit: number, sequences: Kept['sequences']): Kept['sequences'] =>
  Object.fromEntries(Object.entries(sequences).filter(([, sequence]) => sequence <= limit))

/** Starts the app: whom it trusts, and the installed sequence of each channel. What it forgets is forgotten for good. */
export function load(device: Device): Kept {
  const kept = device.disk === undefined ? undefined : (JSON.parse(device.disk) as Kept)
  const trust = newestTrust(kept?.trust, device.embedded) as TrustStore
  if (kept === undefined) return { trust, sequences: {} }
  if (kept.trust.epoch === trust.epoch) return { trust, sequences: kept.sequences }
  return keep(device, { trust, sequences: upTo(device.now + DAY, kept.sequences) })
}

function keep(device: Device, state: Kept): Kept {
  device.disk = JSON.stringify(state)
  return state
}

/** Gives the kids of those that it counts for. */
export async function install(device: Device, { head }: EnvelopeParts, channel: string): Promise<readonly string[]> {
  const { trust, sequences } = load(device)
  const { now, tolerance: clockTolerance } = device
  const lastSequence = sequences[channel] ?? 0
  const { header, signers } = await openEnvelope(head, { trust, app: 'app', channel, lastSequence, now, clockTolerance, reader: secret })
  keep(device, { trust, sequences: { ...sequences, [channel]: header.sequence } })
  return signers
}

/** Gives the kids of those that have signed; `undefined` where nothing has changed. */
export async function update(device: Device, text: string): Promise<readonly string[] | undefined> {
  const { trust, sequences } = load(device)
  const { now, tolerance: clockTolerance } = device
  const found = await verifyTrustUpdate(text, { trust, now, clockTolerance })
  keep(device, { trust: found.trust, sequences: upTo(found.forgetAbove, sequences) })
  return found.changed ? found.signers : undefined
}
