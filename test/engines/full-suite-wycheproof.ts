import { buildBackend as webBackend } from '../../src/backend/build-web.js'
import { nobleBackend } from '../../src/noble.js'
import { check, same } from './assert.js'
import { caseName, hexMember } from './vectors.js'
import { prefixed } from './watched.js'
import { joined } from './data.js'
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
