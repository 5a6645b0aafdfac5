import { decodeHead, openEnvelope, verifyAndDecrypt } from '../../src/index.js'
import { accepting, expectAccepted, expectRefused, pattern, seal } from './helpers.js'
import { withSignedText } from './hostile.js'
import { freshEd25519 } from './signers.js'
import type { DeviceOptions, Envelope, ErrorCode } from '../../src/index.js'
import type { TestSigner } from './signers.js'

/** An honest envelope whose header is to be edited and signed again. */
export const signer: TestSigner = freshEd25519()
export const bundle: Uint8Array<ArrayBuffer> = pattern(3)
export const sealed: Envelope = await seal(signer, bundle, { runtime: 'ios-7', expires: 4_000_000_000, meta: { commit: 'abc' } })
export const device: DeviceOptions = accepting(signer)

export type Replacement = readonly [title: string, from: string | RegExp, to: string]

/** What the edited header, honestly signed, is refused with, at every door; the unedited one is the control. */
export async function expectHeaderRefused(
  [, from, to]: Replacement,
  code: ErrorCode,
  message: RegExp,
): Promise<void> {
  await expectAccepted(sealed, device, bundle)
  const bad = withSignedText(sealed, signer, (text) => text.replace(from, () => to))
  await expectRefused(() => verifyAndDecrypt(bad, device), code, message)
  await expectRefused(() => openEnvelope(bad.head, device), code, message)
  await expectRefused(() => decodeHead(bad.head), code, message)
}
