/*
 * otaseal itself behind the calling convention. With the argument `stream` it gives what a stream releases before it refuses.
 */
import { createInterface } from 'node:readline'
import { EnvelopeError, verifyAndDecryptStream } from '../../src/device.js'
import { bytesOf } from '../vectors/bytes.js'
import { demands, ours } from '../vectors/ours.js'
import type { Answer } from '../vectors/ours.js'
import type { DeviceVectorOptions, Vector } from '../vectors/vector.js'

type Request = Pick<Vector, 'operation' | 'input' | 'options'>

async function streamed({ input, options }: Request): Promise<Answer> {
  const pieces: Uint8Array[] = []
  try {
    const { bundle } = await verifyAndDecryptStream(new Blob([bytesOf(input)]).stream(), { ...demands(options as DeviceVectorOptions, undefined), checksum: true })
    for await (const piece of bundle) pieces.push(piece)
    return { output: Buffer.concat(pieces) }
  } catch (error) {
    if (error instanceof EnvelopeError) return { code: error.code, output: Buffer.concat(pieces) }
    throw error
  }
}

const isStream = process.argv[2] === 'stream'
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as Request
  const { code, output } = await (isStream && request.operation === 'envelope' ? streamed : ours)(request)
  console.log(JSON.stringify({ code, output: Buffer.from(output).toString('base64url') }))
}
