// The bare WebCrypto calls that verify the signature of a head: what nobody can leave out who verifies one.
const algorithms = {
  'Ed25519': { key: { name: 'Ed25519' }, signature: { name: 'Ed25519' } },
  'RSA-4096': { key: { name: 'RSA-PSS', hash: 'SHA-256' }, signature: { name: 'RSA-PSS', saltLength: 32 } },
}

/** The signed header of a head, once its signature holds. */
export async function open(head, { type, pem }) {
  const { subtle } = globalThis.crypto
  const { payload, signatures: [{ protected: header, signature }] } = JSON.parse(head)
  const row = algorithms[type]
  const key = await subtle.importKey('spki', base64Bytes(pem.replace(/-----[^-]*-----|\s/g, '')), row.key, false, ['verify'])
  const holds = await subtle.verify(row.signature, key, base64Bytes(signature), asciiBytes(`${header}.${payload}`))
  if (!holds) throw new Error('bad signature')
  // The name under which the release is kept.
  await subtle.digest('SHA-256', asciiBytes(payload))
  return JSON.parse(String.fromCharCode(...base64Bytes(payload)))
}

function base64Bytes(text) {
  return asciiBytes(atob(text.replaceAll('-', '+').replaceAll('_', '/')))
}

function asciiBytes(text) {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
