import { describe } from 'vitest'
import { nodeBackend } from '../src/crypto/node-build.js'
import { nobleBackend } from '../src/crypto/noble-build.js'
import { webBackend } from '../src/crypto/web-build.js'
import type { Bytes } from '../src/bytes.js'
import type { Awaitable, Backend, GcmOpener } from '../src/crypto/backend.js'

/** Whether this is as a page that did not come by HTTPS: see insecure/without-subtle.mjs. */
const isInsecure = (globalThis.crypto as Partial<Crypto>).subtle === undefined

/** Every backend that the platform has; what one does, all must do. Without WebCrypto there is pure JavaScript alone. */
export const backends: readonly Backend[] = isInsecure ? [nobleBackend] : [nodeBackend, webBackend, nobleBackend]

/** Runs a block of tests once for each backend, with the backend's name in the title. */
export function describeEachBackend(title: string, body: (backend: Backend) => void): void {
  describe.each(backends.map((backend) => ({ name: backend.name, backend })))(
    `${title}, $name backend`,
    ({ backend }) => body(backend),
  )
}

/** Opens a ciphertext that its tag, the last 16 bytes or what there is, follows. */
export function openSealed(opener: GcmOpener, nonce: Bytes, sealed: Bytes, more?: Bytes): Awaitable<Bytes | undefined> {
  return opener.open(nonce, sealed.subarray(0, -16), sealed.subarray(-16), more)
}
