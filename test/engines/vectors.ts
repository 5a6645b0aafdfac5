/** A case of any Wycheproof file; which members there are depends on the file. */
export interface Case {
  readonly tcId: number
  readonly comment: string
  readonly flags: readonly string[]
  readonly result: 'valid' | 'invalid' | 'acceptable'
  readonly [member: string]: unknown
}

export interface Group {
  readonly tests: readonly Case[]
  readonly [member: string]: unknown
}

/** Groups by the name of a file; without those that this copy of the repository lacks. */
export type Vectors = Readonly<Partial<Record<string, readonly Group[]>>>

/** The bytes of a hex member of a case or group. */
export function hexMember(from: Case | Group, member: string): Uint8Array<ArrayBuffer> {
  const text = from[member]
  if (typeof text !== 'string') throw new Error(`Wycheproof member ${member} is missing`)
  return fromHex(text)
}

export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (!/^([0-9a-f]{2})*$/i.test(text)) throw new Error('not hex')
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** How a case is named when it fails. */
export function caseName({ tcId, comment, flags }: Case): string {
  return `tcId ${tcId} (${comment || flags.join(', ')})`
}
