import { readPrivateKey } from '../keys/private.js'
import { sealSlots } from './readers.js'
import { signHead } from './sign-head.js'
import type { Bytes } from '../bytes.js'
import type { Header } from '../format/header.js'
import type { PrivateKey } from '../keys/types.js'
import type { Plan } from './options.js'

/** The signers, each once however often it was given. */
export async function readSigners({ signers, backend }: Plan): Promise<readonly PrivateKey[]> {
  const keys = await Promise.all(signers.map((key) => readPrivateKey(key, backend)))
  return [...new Map(keys.map((key) => [key.publicKey.kid, key])).values()]
}

/** The head of a body that is known by now: signed, and with the session key for its readers. */
export async function sealHead(
  described: Pick<Header, 'bundle' | 'body'>,
  sessionKey: Bytes,
  signers: readonly PrivateKey[],
  plan: Plan,
): Promise<string> {
  const owners = signers.map(({ publicKey }) => publicKey)
  const slots = await sealSlots(sessionKey, plan.readers, owners, plan.backend)
  return signHead({ ...plan.claims, ...described }, signers, slots, plan.backend)
}
