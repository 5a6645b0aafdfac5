import { compress } from '#compression'
import { asBytes } from '../bytes.js'
import { viewSource } from '../stream/source.js'
import type { Bytes } from '../bytes.js'
import type { Encoding } from '../compression.js'
import type { ByteSource } from '../stream/source.js'
import type { ReadFile } from './read-file.js'

/** What an object holds: a file, as it is or compressed. */
export interface Plaintext {
  readonly size: number
  readonly encoding: Encoding | undefined
  readonly open: () => Promise<ByteSource>
}

/** The smallest form of a file; a compressed one must save at least a sixteenth. */
export async function smallestForm(file: ReadFile, encodings: readonly Encoding[]): Promise<Plaintext> {
  const { size, bytes, open } = file
  const forms: Plaintext[] = []
  if (bytes !== undefined) {
    for (const encoding of encodings) forms.push(encodedForm(encoding, asBytes(await compress(encoding, bytes), 'what is compressed')))
  }
  const most = (size * 15) / 16
  const small = forms.filter((form) => form.size <= most).sort((a, b) => a.size - b.size)
  return small[0] ?? { size, encoding: undefined, open }
}

function encodedForm(encoding: Encoding, bytes: Bytes): Plaintext {
  return { size: bytes.length, encoding, open: async () => viewSource(bytes) }
}
