import { expect } from 'vitest'
import { EnvelopeError, errorCodes, verifyAndDecrypt } from '../../src/index.js'
import { secretsIn } from './secrets.js'
import type { DeviceOptions } from '../../src/device/options.js'

/** What became of many hostile files: how many there were, and the codes that refused them. */
export interface Verdicts {
  readonly count: number
  readonly codes: ReadonlySet<string>
}

/** Every file must be refused with a known code, in words that quote no secret. */
export async function expectAllRefused(
  files: Iterable<readonly [string, Uint8Array]>, options: DeviceOptions,
): Promise<Verdicts> {
  const failures: string[] = []
  const codes = new Set<string>()
  const messages = new Set<string>()
  let count = 0
  for (const [name, file] of files) {
    count++
    const error: unknown = await verifyAndDecrypt(file, options).then(() => 'accepted', (reason: unknown) => reason)
    const isKnown = error instanceof EnvelopeError && errorCodes.includes(error.code)
    if (!isKnown) failures.push(`${name}: ${String(error)}`)
    else if (!messages.has(error.message) && secretsIn(error).length > 0) failures.push(`${name} quotes a secret`)
    else codes.add(error.code)
    messages.add(String(error))
  }
  expect(failures).toEqual([])
  return { count, codes }
}

/** The file with each one of its bits flipped; it is changed back before the next. */
export function* everyBitFlip(file: Uint8Array): Generator<readonly [string, Uint8Array]> {
  const changed = new Uint8Array(file)
  for (let bit = 0; bit < 8 * file.length; bit++) {
    const [at, mask] = [Math.floor(bit / 8), 1 << (bit % 8)]
    changed[at] = (file[at] as number) ^ mask
    yield [`byte ${at}, bit ${bit % 8}`, changed]
    changed[at] = file[at] as number
  }
}

export function* everyTruncation(file: Uint8Array): Generator<readonly [string, Uint8Array]> {
  for (let length = 0; length < file.length; length++) yield [`the first ${length} bytes`, file.subarray(0, length)]
}

/** Zeros, and the file's own end repeated. */
export function* everyExtension(file: Uint8Array, most: number): Generator<readonly [string, Uint8Array]> {
  for (let length = 1; length <= most; length++) {
    yield [`${length} zeros more`, Buffer.concat([file, new Uint8Array(length)])]
    yield [`its last ${length} bytes twice`, Buffer.concat([file, file.subarray(-length)])]
  }
}
