import { expectTypeOf, test } from 'vitest'
import { decodeHead, encryptBundle, openEnvelope, verifyAndDecrypt } from '../../src/index.js'
import { openBody } from '../../src/device/open-body.js'
import { verifyHead } from '../../src/device/verify-head.js'
import type { DecodedHead, DecryptedBundle, DeviceOptions, EncryptOptions } from '../../src/index.js'
import type { Policy } from '../../src/device/options.js'
import type { ParsedHead } from '../../src/format/head.js'
import type { VerifiedHead } from '../../src/device/verify-head.js'

/*
 * Checked by `tsc -p tsconfig.test.json`, which `npm run typecheck` runs: a call below that began to compile would
 * make its directive an error. None of it is ever run.
 */
declare const parsed: ParsedHead
declare const verified: VerifiedHead
declare const policy: Policy
declare const options: DeviceOptions
declare const publish: EncryptOptions
declare const decoded: DecodedHead
declare const bytes: Uint8Array

export const shortcuts: readonly (() => unknown)[] = [
  () => openBody(verified, policy),
  // @ts-expect-error a head that nobody verified
  () => openBody(parsed, policy),
  // @ts-expect-error a head that only looks verified
  () => openBody({ ...parsed, signers: [] }, policy),
  // @ts-expect-error what is shown to people is not what is decrypted
  () => openBody(decoded, policy),
  // @ts-expect-error a head is verified against a policy
  () => verifyHead(parsed),
  // @ts-expect-error options that nobody checked
  () => verifyHead(parsed, options),
  // @ts-expect-error a body is opened under a policy
  () => openBody(verified),

  () => verifyAndDecrypt(bytes, options),
  // @ts-expect-error no options
  () => verifyAndDecrypt(bytes),
  // @ts-expect-error no trusted key
  () => verifyAndDecrypt(bytes, { app: 'a', channel: null, lastSequence: null }),
  // @ts-expect-error no app: null says that no check is wanted
  () => verifyAndDecrypt(bytes, { trust: 'pem', channel: null, lastSequence: null }),
  // @ts-expect-error no channel
  () => verifyAndDecrypt(bytes, { trust: 'pem', app: 'a', lastSequence: null }),
  // @ts-expect-error no last sequence
  () => verifyAndDecrypt(bytes, { trust: 'pem', app: 'a', channel: null }),
  // @ts-expect-error undefined is not a wish
  () => verifyAndDecrypt(bytes, { trust: 'pem', app: undefined, channel: null, lastSequence: null }),
  // @ts-expect-error bytes are no key
  () => verifyAndDecrypt(bytes, { ...options, trust: bytes }),
  // @ts-expect-error a head alone has no payload
  () => verifyAndDecrypt({ head: 'text' }, options),
  // @ts-expect-error a buffer without a view
  () => verifyAndDecrypt(new ArrayBuffer(8), options),
  // @ts-expect-error no options
  () => openEnvelope('head'),

  () => encryptBundle(bytes, publish),
  // @ts-expect-error no key that signs
  () => encryptBundle(bytes, { app: 'a', version: '1' }),
  // @ts-expect-error no name of the app
  () => encryptBundle(bytes, { signer: 'pem', version: '1' }),
  // @ts-expect-error no version of the release
  () => encryptBundle(bytes, { signer: 'pem', app: 'a' }),
  // @ts-expect-error session keys are never the caller's
  () => encryptBundle(bytes, { ...publish, sessionKey: bytes }),
  // @ts-expect-error another chunk size
  () => encryptBundle(bytes, { ...publish, chunkSize: 65_536 }),
]

test('a decrypted bundle is a Uint8Array of memory of its own', () => {
  expectTypeOf<DecryptedBundle['bundle']>().toEqualTypeOf<Uint8Array<ArrayBuffer>>()
  expectTypeOf(decodeHead).returns.toEqualTypeOf<DecodedHead>()
  expectTypeOf<ParsedHead>().not.toExtend<VerifiedHead>()
  expectTypeOf<VerifiedHead>().toExtend<ParsedHead>()
})
