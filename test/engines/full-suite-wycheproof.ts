import { p256 } from '@noble/curves/nist.js'
import { buildBackend as webBackend } from '../../src/backend/build-web.js'
import { nobleBackend } from '../../src/noble.js'
import { check, same } from './assert.js'
import { caseName, hexMember } from './vectors.js'
import { prefixed } from './watched.js'
import { base64url, joined } from './data.js'
import { verifyingKeyOf } from './keys.js'
import type { Backend } from '../../src/build.js'
import type { EngineTest } from './contract.js'
import type { Case, Group, Vectors } from './vectors.js'
import type { Suite } from './watched.js'

/** One file of hostile vectors, and how many cases of it there must be of each outcome. */
interface Judgement {
  readonly file: string
  readonly title: string
  readonly counts: Readonly<Record<string, number>>
  /** Checks one case; what it gives is counted. */
  readonly judge: (backend: Backend, vector: Case, group: Group) => Promise<string | undefined>
}

const judgements: readonly Judgement[] = [
  { file: 'aes_gcm_test', title: 'AES-256-GCM', counts: { valid: 39, invalid: 27 }, judge: judgeGcm },
  { file: 'ed25519_test', title: 'Ed25519', counts: { valid: 88, invalid: 63 }, judge: judgeSignature },
  { file: 'rsa_pss_misc_test', title: 'other parameters of RSA-PSS', counts: { taken: 1, refused: 149 }, judge: judgeParameters },
  { file: 'x25519_test', title: 'X25519', counts: { computed: 474, none: 44 }, judge: judgeX25519 },
  { file: 'ecdh_secp256r1_ecpoint_test', title: 'ECDH on P-256', counts: { computed: 330, none: 16 }, judge: judgeP256 },
  { file: 'aes_wrap_test', title: 'AES key wrap', counts: { valid: 13, invalid: 54, acceptable: 1 }, judge: judgeWrap },
  { file: 'hkdf_sha256_test', title: 'HMAC in HKDF, SHA-256', counts: { valid: 83 }, judge: judgeHkdf('SHA-256') },
  { file: 'hkdf_sha512_test', title: 'HMAC in HKDF, SHA-512', counts: { valid: 80 }, judge: judgeHkdf('SHA-512') },
  { file: 'rsa_pss_4096_sha256_mgf1_32_test', title: 'RSA-PSS', counts: { valid: 63, invalid: 45 }, judge: judgeSignature },
]

/** This engine's WebCrypto, and pure JavaScript, against Wycheproof, as the tests on Node hold the backends against it. */
export function wycheproofSuite(vectors: Vectors): Suite {
  const there = judgements.filter(({ file }) => vectors[file] !== undefined)
  const tests = [webBackend, nobleBackend].flatMap((backend) => prefixed(backend.name, there.map((judgement) => testOf(backend, judgement, vectors))))
  const skipped = judgements
    .filter((judgement) => !there.includes(judgement))
    .map(({ title }) => ({ name: `Wycheproof, ${title}`, why: 'no Wycheproof data in ../shared/vectors/wycheproof' }))
  return { tests, skipped }
}

function testOf(backend: Backend, { file, title, counts, judge }: Judgement, vectors: Vectors): EngineTest {
  return {
    name: `gives the verdict of each Wycheproof case of ${title}`,
    run: async () => {
      const found: Record<string, number> = {}
      for (const group of vectors[file] ?? []) {
        for (const vector of group.tests) {
          const outcome = await judge(backend, vector, group)
          if (outcome !== undefined) found[outcome] = (found[outcome] ?? 0) + 1
        }
      }
      same(sorted(found), sorted(counts), 'cases of each outcome')
    },
  }
}

const sorted = (counts: object): object => Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))

async function judgeGcm(backend: Backend, vector: Case, group: Group): Promise<string | undefined> {
  if (group['keySize'] !== 256 || group['ivSize'] !== 96 || group['tagSize'] !== 128) return undefined
  const [key, iv, aad, plaintext] = [hexMember(vector, 'key'), hexMember(vector, 'iv'), hexMember(vector, 'aad'), hexMember(vector, 'msg')]
  const [ciphertext, tag] = [hexMember(vector, 'ct'), hexMember(vector, 'tag')]
  const opened = await (await backend.gcmOpener(key)).open(iv, ciphertext, tag, aad)
  same(opened, vector.result === 'valid' ? plaintext : undefined, caseName(vector))
  if (vector.result === 'valid') same(await (await backend.gcmSealer(key)).seal(iv, plaintext, aad), joined(ciphertext, tag), caseName(vector))
  return vector.result
}

async function judgeSignature(backend: Backend, vector: Case, group: Group): Promise<string> {
  const key = verifyingKeyOf(group)
  const holds = await backend.verify(key, hexMember(vector, 'sig'), hexMember(vector, 'msg'))
  check(holds === (vector.result === 'valid'), `${caseName(vector)}: ${holds}`)
  return vector.result
}

async function judgeParameters(backend: Backend, vector: Case, group: Group): Promise<string> {
  const isPs256 = group['sha'] === 'SHA-256' && group['mgfSha'] === 'SHA-256' && group['sLen'] === 32
  const holds = await backend.verify(verifyingKeyOf(group), hexMember(vector, 'sig'), hexMember(vector, 'msg'))
  check(holds === (isPs256 && vector.result === 'valid'), `${caseName(vector)}: ${holds}`)
  return holds ? 'taken' : 'refused'
}

/** Points of small order have no honest owner, and about u that is not reduced platforms differ: neither gives a secret. */
async function judgeX25519(backend: Backend, vector: Case): Promise<string> {
  const isNone = vector.flags.includes('ZeroSharedSecret') || vector.flags.includes('NonCanonicalPublic')
  const own = { kty: 'OKP', crv: 'X25519', x: base64url(new Uint8Array(32)), d: base64url(hexMember(vector, 'private')) } as const
  const peer = { kty: 'OKP', crv: 'X25519', x: base64url(hexMember(vector, 'public')) } as const
  same(await backend.deriveSharedSecret?.(own, peer), isNone ? undefined : hexMember(vector, 'shared'), caseName(vector))
  return isNone ? 'none' : 'computed'
}

/** Compressed points and other lengths have no JWK. */
async function judgeP256(backend: Backend, vector: Case): Promise<string | undefined> {
  const point = hexMember(vector, 'public')
  if (point.length !== 65 || point[0] !== 4) return undefined
  const d = of32(hexMember(vector, 'private'))
  const own = { ...p256Jwk(p256.getPublicKey(d, false)), d: base64url(d) }
  const secret = await backend.deriveSharedSecret?.(own, p256Jwk(point))
  same(secret, vector.result === 'valid' ? hexMember(vector, 'shared') : undefined, caseName(vector))
  return secret === undefined ? 'none' : 'computed'
}

function p256Jwk(point: Uint8Array): { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string } {
  return { kty: 'EC', crv: 'P-256', x: base64url(point.subarray(1, 33)), y: base64url(point.subarray(33)) }
}

/** As many bytes, the rest zeros at the front: some vectors write numbers with a sign byte, others without leading zeros. */
function of32(number: Uint8Array): Uint8Array<ArrayBuffer> {
  const tail = number.subarray(Math.max(0, number.length - 32))
  return joined(new Uint8Array(32 - tail.length), tail)
}

async function judgeWrap(backend: Backend, vector: Case, group: Group): Promise<string | undefined> {
  if (group['keySize'] !== 256) return undefined
  const [wrapping, message, wrapped] = [hexMember(vector, 'key'), hexMember(vector, 'msg'), hexMember(vector, 'ct')]
  same(await backend.unwrapKey(wrapping, wrapped), vector.result === 'valid' ? message : undefined, caseName(vector))
  if (vector.result === 'valid' && message.length === 32) same(await backend.wrapKey(wrapping, message), wrapped, caseName(vector))
  return vector.result
}

/** RFC 5869 by HMACs alone, which keys of every length go through. */
function judgeHkdf(hash: 'SHA-256' | 'SHA-512'): Judgement['judge'] {
  return async (backend, vector) => {
    if (vector.result !== 'valid') return undefined
    const [salt, info, size] = [hexMember(vector, 'salt'), hexMember(vector, 'info'), vector['size'] as number]
    const secret = await backend.hmac(hash, salt.length === 0 ? new Uint8Array(64) : salt, hexMember(vector, 'ikm'))
    let [block, made] = [new Uint8Array(0), new Uint8Array(0)]
    for (let i = 1; made.length < size; i++) {
      block = await backend.hmac(hash, secret, joined(block, info, Uint8Array.of(i)))
      made = joined(made, block)
    }
    same(made.subarray(0, size), hexMember(vector, 'okm'), caseName(vector))
    return vector.result
  }
}
