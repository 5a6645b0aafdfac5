import type { DeviceBackend, PublicJwk } from '../crypto/backend.js'
import { ascii, base64urlEncode } from '../text.js'
import { jwkMembers } from './jwk.js'
import { publicRow } from './public-rows.js'

/** The SHA-256 JWK thumbprint of a canonical key (RFC 7638 section 3): base64url, 43 characters. */
// R20
export async function thumbprint(jwk: PublicJwk, backend: DeviceBackend): Promise<string> {
  const members = jwkMembers(jwk)
  const pairs = publicRow(members).thumbprintMembers.map((name) => `"${name}":"${String(members.get(name))}"`)
  return base64urlEncode(await backend.sha256(ascii(`{${pairs.join(',')}}`)))
}
