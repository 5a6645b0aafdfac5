import { HEAD_TYPE, parseHead } from '../format/head.js'
import { jsonMember, protectedMember } from '../format/jws.js'
import { ascii, base64urlEncode } from '../text.js'
import type { Header } from '../format/header.js'
import type { KeySigner } from './signer.js'

/** An element of the member `signatures`. */
export interface SignatureText {
  readonly protected: string
  readonly signature: string
}

/**
 * The head of an envelope, as JSON text: the header signed by each of `signers`, the key slots, and the links.
 *
 * @throws EnvelopeError `bad-key` or `signer-failed` where a signature doesn't verify with its own public key; `limit-exceeded`
 */
export async function signHead(
  header: Header,
  signers: readonly KeySigner[],
  keys: readonly string[],
  chain: readonly string[],
  tell: (kid: string) => void,
): Promise<string> {
  const payload = jsonMember(header)
  const signatures = await signEach(payload, signers, HEAD_TYPE, tell)
  const head = JSON.stringify({ payload, signatures, keys, ...(chain.length > 0 && { chain }) })
  parseHead(head) // R88
  return head
}

/** A signature of the kind `type` over the base64url of a JSON (RFC 7515 section 5.1). */
export async function signPayload(payload: string, { publicKey, sign }: KeySigner, type: string): Promise<SignatureText> {
  const header = protectedMember(publicKey.algorithm, publicKey.kid, type)
  return { protected: header, signature: base64urlEncode(await sign(ascii(`${header}.${payload}`))) }
}

/** A signature by each of `signers`; each is told of once it is made, also where the next one fails. */
export async function signEach(payload: string, signers: readonly KeySigner[], type: string, tell: (kid: string) => void): Promise<readonly SignatureText[]> {
  const signatures: SignatureText[] = []
  for (const signer of signers) {
    signatures.push(await signPayload(payload, signer, type))
    tell(signer.publicKey.kid)
  }
  return signatures
}
