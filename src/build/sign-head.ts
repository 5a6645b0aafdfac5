import { HEAD_TYPE, parseHead } from '../format/head.js'
import { jsonMember, protectedMember } from '../format/jws.js'
import { ascii, base64urlEncode } from '../text.js'
import { sign } from './sign.js'
import type { Backend } from '../crypto/backend.js'
import type { Header } from '../format/header.js'
import type { PrivateKey } from '../keys/types.js'

/**
 * The head of an envelope, as JSON text: the header signed by each of `signers`, and the key slots.
 *
 * @throws EnvelopeError `bad-key` where a signature doesn't verify with its own public key; `limit-exceeded`
 */
export async function signHead(
  header: Header,
  signers: readonly PrivateKey[],
  keys: readonly string[],
  backend: Backend,
): Promise<string> {
  const payload = jsonMember(header)
  const signatures: { protected: string; signature: string }[] = []
  for (const signer of signers) signatures.push(await signPayload(payload, signer, backend))
  const head = JSON.stringify({ payload, signatures, keys })
  parseHead(head)
  return head
}

async function signPayload(
  payload: string,
  signer: PrivateKey,
  backend: Backend,
): Promise<{ protected: string; signature: string }> {
  const header = protectedMember(signer.algorithm, signer.publicKey.kid, HEAD_TYPE)
  const signature = await sign(signer, ascii(`${header}.${payload}`), backend)
  return { protected: header, signature: base64urlEncode(signature) }
}
