// Which tests are asked about which room, what kills most for its time first; slow ones that add nothing are left out.
import { readdirSync } from 'node:fs'

/** Paths of tests; a name that ends with `*` is of all that begin so. */
function tests(folder: string, ...names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    if (!name.endsWith('*')) return [`test/${folder}/${name}.test.ts`]
    const paths = readdirSync(`test/${folder}`).filter((path) => path.startsWith(name.slice(0, -1)) && path.endsWith('.test.ts'))
    return paths.map((path) => `test/${folder}/${path}`)
  })
}

const SLOW = new Set([...tests('envelope', 'bit-flips*'), ...tests('stream', 'verify-envelope-flips', 'behaviour-random'), ...tests('trust', 'model'), ...tests('keys', 'encrypted-openssl')])

const VECTORS = ['test/mutation/vectors.ts']
const HEADS = [
  ...tests('envelope', 'head-values', 'head-members', 'head-limits', 'head-text', 'head-base64url', 'claims', 'publisher-options', 'signatures'),
  ...tests('envelope', 'forgeries', 'input-forms', 'hardening', 'head-container', 'body', 'jose'),
  ...tests('units', 'json', 'geometry'),
  'test/spec-values.test.ts',
]
const TRUST = tests('trust', 'parsing', 'links', 'updates', 'store', 'build', 'delegate', 'counting', 'attacks', 'freshness', '*')

const rooms: Readonly<Record<string, readonly string[]>> = {
  format: [
    ...HEADS,
    ...tests('trust', 'parsing', 'links', 'delegate'),
    ...tests('manifest', 'paths', 'attacks-paths', 'spec-example', 'object-list', 'create-misuse', 'open', 'plan', 'form'),
    ...tests('resume', 'plan-ranges'),
    ...VECTORS,
    ...tests('units', 'container'),
  ],
  keys: [
    ...tests('keys', 'refusals', 'jwk', 'pem', 'crypto-key', 'pkcs8', 'weak-keys', 'encodings', 'pair', 'der', '*'),
    ...tests('readers', 'forms', 'refusals', '*'),
    ...tests('envelope', 'device-options', 'publisher-options', 'guesses', 'lying-backend', 'no-secrets', 'hardening', 'slots'),
    ...VECTORS,
  ],
  trust: [...TRUST, ...tests('envelope', 'device-options', 'claims'), ...VECTORS],
  device: [
    ...tests('envelope', 'device-options', 'claims', 'signatures', 'forgeries', 'body', 'input-forms', 'hardening', 'random-access', 'progress'),
    ...tests('stream', 'verify-envelope-calls', 'decrypt-chunks', 'decrypt-chunks-options', 'behaviour', 'behaviour-*', 'hardening', 'failure', 'empty-pieces'),
    ...tests('resume', 'check-*', 'plan-ranges', 'release-id'),
    ...TRUST,
    ...tests('envelope', 'slots', 'guesses', 'lying-backend', 'memory', 'no-secrets'),
    ...tests('readers', 'custom', 'asked', 'forms', 'refusals'),
    ...tests('stream', 'verify-envelope', 'attacks', 'attacks-ends'),
    ...VECTORS,
  ],
}

/** Asked only for the mutants that all others have missed: `MUTATION_QUICK=1`, then once more without it. */
const THOROUGH = new Set([
  ...tests('manifest', 'form', 'plan'), ...tests('envelope', 'jose', 'hardening', 'no-secrets', 'slots'), ...tests('units', 'container', 'json'),
  ...tests('readers', 'planted', 'add-readers'), ...tests('keys', 'arbitrary', 'der'),
])
const isQuick = process.env['MUTATION_QUICK'] === '1'

/** Room -> paths of tests, in the order in which they are asked. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(Object.entries(rooms).map(([room, paths]) => [
  room,
  [...new Set(paths)].filter((path) => !SLOW.has(path) && !(isQuick && THOROUGH.has(path))),
]))
