import { nodeSign } from '../envelope/signers.js'
import type { TestSigner } from '../envelope/signers.js'
import type { AbortSignalLike } from '../../src/options.js'
import type { Signer } from '../../src/build/signer.js'

type Sign = Signer['sign']

/** A signer and what it was asked for. */
export interface WatchedSigner extends Signer {
  readonly messages: Uint8Array[]
  readonly signals: AbortSignalLike[]
}

/** An external signer on node:crypto, which `fault` may turn into a bad one. */
export function watchedSigner(key: TestSigner, fault: (sign: Sign) => Sign = (sign) => sign, more: Partial<Signer> = {}): WatchedSigner {
  const messages: Uint8Array[] = []
  const signals: AbortSignalLike[] = []
  const good: Sign = (message) => new Uint8Array(nodeSign(key, message))
  const sign = fault(good)
  return {
    algorithm: key.alg,
    publicKey: key.publicKey,
    ...more,
    messages,
    signals,
    sign: (message, options) => {
      messages.push(message)
      signals.push(options.signal)
      return sign(message, options)
    },
  }
}

/** Runs `work`, and gives the rejections that nobody handled meanwhile. */
export async function unhandledIn(work: () => Promise<void>): Promise<readonly unknown[]> {
  const unhandled: unknown[] = []
  const listen = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', listen)
  try {
    await work()
    await new Promise((resolve) => setTimeout(resolve, 50))
  } finally {
    process.off('unhandledRejection', listen)
  }
  return unhandled
}
