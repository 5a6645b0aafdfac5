// secretstream in chunks of 256 KiB. What starts it, and its key in a sealed box, are signed with crypto_sign; the chunks are not, so
// whoever has the app's box key can make others.
import sodium from 'libsodium-wrappers-sumo'
import { cut } from '../measure.mjs'
import { CHUNK, check, joined } from '../util.mjs'

export const contenders = [{ name: 'libsodium secretstream', package: 'libsodium-wrappers-sumo', flow: 'stream', kind: 'peer', keys, setup }]

async function keys() {
  await sodium.ready
  return { signer: sodium.crypto_sign_keypair(), reader: sodium.crypto_box_keypair() }
}

async function setup({ signer, reader }) {
  await sodium.ready
  return {
    seal: async (bundle, take) => {
      const key = sodium.crypto_secretstream_xchacha20poly1305_keygen()
      const { state, header } = sodium.crypto_secretstream_xchacha20poly1305_init_push(key)
      let left = bundle.length
      for (const part of cut(bundle, CHUNK)) {
        left -= part.length
        const tag = left === 0 ? sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0
        take(sodium.crypto_secretstream_xchacha20poly1305_push(state, part, null, tag))
      }
      const slot = sodium.crypto_box_seal(key, reader.publicKey)
      return { signed: sodium.crypto_sign(joined([header, slot]), signer.privateKey) }
    },
    // The parts come cut as they were sealed, which spares it what others have to do.
    open: async ({ body, meta: { signed } }, take) => {
      const head = sodium.crypto_sign_open(signed, signer.publicKey)
      const size = sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES
      const key = sodium.crypto_box_seal_open(head.subarray(size), reader.publicKey, reader.privateKey)
      const state = sodium.crypto_secretstream_xchacha20poly1305_init_pull(head.subarray(0, size), key)
      let last
      for (const part of cut(body, CHUNK + sodium.crypto_secretstream_xchacha20poly1305_ABYTES)) {
        const opened = sodium.crypto_secretstream_xchacha20poly1305_pull(state, part)
        check(opened !== false, 'a chunk does not open')
        take(opened.message)
        last = opened.tag
      }
      check(last === sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL, 'the stream ends early')
    },
  }
}
