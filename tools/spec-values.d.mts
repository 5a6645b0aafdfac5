type Bytes = Uint8Array<ArrayBuffer>

/** The values of the worked example, by their names on the page or in the format. */
export interface Example {
  readonly header: string
  readonly signingInput: string
  readonly protectedText: string
  readonly slotText: string
  readonly spki: Bytes
  readonly wrappingKey: Bytes
  readonly output: Bytes
  readonly chunk: Bytes
  readonly indexDigest: Bytes
  readonly digest: Bytes
  readonly pad: Bytes
  readonly signature: Bytes
  readonly wrapped: Bytes
  readonly ciphertext: Bytes
  readonly tag: Bytes
  readonly file: Bytes
}

export function example(): Example
export function sha256(...parts: readonly (Uint8Array | string)[]): Buffer
export function xor(a: Uint8Array, b: Uint8Array): Buffer
