import { EnvelopeError } from 'otaseal/device'

/** What a call fails with, or `undefined`. */
export async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(() => undefined, (error: unknown) => error ?? new Error('it fails with nothing'))
}

/** @throws Error where it is another code, or no refusal at all; `undefined`: where there is one */
export function expectCode(error: unknown, code: string | undefined): void {
  const found = error instanceof EnvelopeError ? error.code : undefined
  const other = error !== undefined && found === undefined
  if (found !== code || other) throw new Error(`expected ${code ?? 'no failure'}, and it is ${error instanceof Error ? String(error) : 'none'}`)
}

export function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i])
}
