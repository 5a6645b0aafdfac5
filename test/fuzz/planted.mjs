// A bug for each target, which its oracle must find: `node test/fuzz/run.mjs --planted`.
export const planted = [
  plant('codecs', 'src/text.ts', '(held & ((1 << bits) - 1)) === 0 ? out : undefined', 'out'),
  plant('json', 'src/json.ts', "text.includes('\\\\') || ", ''),
  plant('container', 'src/format/container.ts', 'byte === bytes[i])', 'byte === bytes[i] || i === 7)'),
  plant('head', 'src/format/jws.ts', 'ascii(`${member.protected}.${payload}`)', 'ascii(payload)'),
  plant('header', 'src/format/header.ts', 'matching(namePattern)', 'matching(/^[^]{1,128}$/)'),
  plant('protected-header', 'src/format/jws.ts', 'typ: constant(type)', 'typ: anyString'),
  plant('link', 'src/format/link.ts', 'checkPeriod(claims, where)', ''),
  plant('claims', 'src/device/claims.ts', 'header.sequence <= policy.lastSequence)', 'header.sequence < policy.lastSequence - 990)'),
  plant('public-key', 'src/keys/public-rows.ts', "['e', 'kty', 'n']", "['kty', 'e', 'n']"),
  plant('private-key', 'src/keys/private-rows.ts', ' && d % (p - 1n) === dp && d % (q - 1n) === dq', ''),
  plant('encrypted-key', 'src/keys/pbes2.ts', 'prfs.find(([name]) => name === prf)', 'prfs.find(() => true)'),
  plant('slot', 'src/keys/slots.ts', "if (more.length > 0) throw new EnvelopeError('malformed-head', 'a slot has too many parts')", ''),
  plant('trust-store', 'src/trust/store.ts', 'store.threshold > Math.min(active, SIGNATURES_MAX)', 'store.threshold > store.keys.length'),
  plant('trust-update', 'src/device/verify-trust-update.ts', 'store.epoch <= old.epoch', 'store.epoch < old.epoch'),
  plant('envelope', 'src/format/geometry.ts', 'if (excess > 0) return', 'if (excess > 3) return'),
  plant('payload', 'src/device/open-envelope.ts', 'sealed.subarray(0, -TAG_SIZE), sealed.subarray(-TAG_SIZE))', 'sealed.subarray(0, -TAG_SIZE), sealed.subarray(-TAG_SIZE)).then((plaintext) => plaintext.fill(0, 9, 10))'),
  plant('resume', 'src/resume/plan-ranges.ts', 'first = end\n', 'first = end + 1\n'),
  plant('manifest', 'src/format/manifest.ts', '(read.object.size ?? -1) >= read.size', '(read.object.size ?? -1) >= read.size + 100'),
  plant('paths', 'src/format/path.ts', "if (name === '') return", "if (name === '!') return"),
  plant('object-list', 'src/format/object-list.ts', 'objectListText(names) === text', 'objectListText(names).length === text.length'),
  plant('object', 'src/manifest/decrypt-object.ts', 'concatParts(pieces)', 'concatParts(pieces.slice(0, 2))'),
  plant('http-answer', 'src/manifest/http-body.ts', 'bytes.subarray(skip, skip + left)', 'bytes.subarray(skip)'),
  plant('capgo-keys', 'src/capgo/keys.ts', "encodePem('PUBLIC KEY', encodeSpki(jwk))", "encodePem('RSA PUBLIC KEY', encodeSpki(jwk))"),
  plant('capgo-release', 'src/capgo/checksum.ts', '(digest) => equalBytes(value, valueOf(digest))', '() => true'),
  plant('capgo-v1', 'src/capgo/v1.ts', 'equalBytes(await hash.digest(), digest) && isPadded', 'isPadded'),
  plant('capgo-manifest', 'src/capgo/manifest-read.ts', '!isSigned || ', ''),
  plant('capgo-config-json', 'src/capgo/config-json.ts', 'spanOf(tokens, member), JSON.stringify(publicKey)', 'spanOf(tokens, member), `"${publicKey}"`'),
  plant('capgo-config-script', 'src/capgo/config-tokens.ts', "['n', '\\n']", "['n', 'n']"),
  plant('capgo-request', 'src/capgo/endpoint-request.ts', '[[name, value]]', '[[name, value === true ? false : value]]'),
  plant('zip-end', 'src/capgo/check-release-zip.ts', 'uintAt(tail, at, 4) === END_SIGNATURE && ', ''),
  plant('audit-log', 'src/node/audit-line.ts', 'isExactForm(text, line) && ', ''),
  plant('flags', 'src/cli/options.ts', ' && new Date(`${day}T00:00Z`).toISOString().startsWith(day)', ''),
]

/** `find` stands once in the file; `replace` is the bug. */
function plant(target, file, find, replace) {
  return { target, file, find, replace }
}
