import { readPrivateKey } from '../keys/private.js'
import { sealSlot } from '../keys/seal-slot.js'
import { secretReader, signerReader } from '../keys/slots.js'
import { signHead } from './sign-head.js'
import type { Bytes } from '../bytes.js'
import type { Header } from '../format/header.js'
import type { Reader } from '../keys/slots.js'
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
  return signHead({ ...plan.claims, ...described }, signers, await sealSlots(sessionKey, signers, plan), plan.backend)
}

async function sealSlots(sessionKey: Bytes, signers: readonly PrivateKey[], plan: Plan): Promise<readonly string[]> {
  // R37
  const readers: readonly Promise<Reader>[] =
    plan.secrets.length > 0
      ? plan.secrets.map((secret) => secretReader(secret, plan.backend))
      : signers.map(({ publicKey }) => signerReader(publicKey, plan.backend))
  const slots: string[] = []
  for (const reader of await Promise.all(readers)) slots.push(await sealSlot(sessionKey, reader, plan.backend))
  return slots
}
