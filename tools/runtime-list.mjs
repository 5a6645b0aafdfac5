// The runtimes besides the Node of CI in which vitest runs, and what of the tests each runs.
const INSTALLED = '.ci/runtimes/node_modules'

/** Everything that cryptography, formats and streams promise; `npm test` runs the rest. */
const EVERYWHERE = ['crypto', 'envelope', 'keys', 'units', 'readers', 'trust', 'stream', 'resume', 'manifest', 'capgo', 'vectors', 'runtime.test.ts']

/** Files, sockets and programs: of Node in all its versions; of the command line, which is for Node, one whole way, and programs that end in all manners. And what counts the processor's time. */
const IN_NODE = ['bounds', 'node', 'cli/round-trip.test.ts', 'conformance/faults.test.ts']

/**
 * Half of the time for what is the same arithmetic over and over: random histories and every bit of an envelope flipped. And what
 * measures how long a call takes.
 */
const LONG = [
  'envelope/bit-flips.test.ts', 'envelope/bit-flips-noble.test.ts', 'stream/matrix-c2sp.test.ts', 'stream/verify-envelope-flips.test.ts',
  'resume/cuts.test.ts', 'trust/model.test.ts', 'trust/machine.test.ts', 'trust/changes.test.ts', 'manifest/machine.test.ts',
  'stream/machine.test.ts', 'readers/planted.test.ts', 'capgo/check-release-scale.test.ts',
]

/**
 * Of Node, in the tests and not in the package: programs that are started with Node's options, a garbage collector that is called, keys
 * for RSA-PSS, and a fetch that never asks again by itself.
 */
const OF_NODE = [
  'manifest/faults.test.ts', 'manifest/http-fetcher-memory.test.ts', 'units/pause.test.ts', 'stream/failure-memory.test.ts', 'resume/servers.test.ts',
  'capgo/keys-refusals.test.ts',
]

/** Hold the package against RSA of node:crypto without padding, which Deno has not. */
const AGAINST_RSA = [
  'backends', 'codecs', 'docs-claims', 'manifest-checks', 'node-without-bare-rsa', 'round-trip', 'streams', 'weaknesses', 'weaknesses-fields', 'weaknesses-payload',
].map((name) => `capgo/${name}.test.ts`)

/** Need a fetch that gives what came before an answer broke off, and that quotes no URL where a redirect is refused. */
const OF_OTHER_FETCH = ['manifest/http-fetcher-waste.test.ts', 'manifest/docs-claims-running.test.ts']

const node = (version) => ({
  name: `node${version}`, command: [`${INSTALLED}/node${version}/bin/node`], tests: [...EVERYWHERE, ...IN_NODE], without: LONG,
})

/** What pure JavaScript, the only backend then, must do as others do. */
const CRYPTOGRAPHY = [
  'agreement', 'concat-kdf', 'digests', 'ed25519', 'gcm', 'generate', 'hkdf', 'key-wrap', 'rsa-pss', 'signature-shape',
].map((name) => `crypto/${name}.test.ts`)

/** `command` is followed by a script and its arguments. */
export const runtimes = [
  node(22),
  node(24),
  node(26),
  {
    name: 'insecure', title: 'node without crypto.subtle', command: [process.execPath], tests: CRYPTOGRAPHY, without: [],
    // Also for the processes that vitest starts.
    env: { NODE_OPTIONS: `--import=${new URL('../test/insecure/without-subtle.mjs', import.meta.url)}` },
  },
  { name: 'bun', command: [`${INSTALLED}/.bin/bun`, '--bun'], tests: EVERYWHERE, without: [...LONG, ...OF_NODE, ...OF_OTHER_FETCH] },
  {
    name: 'deno', command: [`${INSTALLED}/.bin/deno`, 'run', '-A', '--node-modules-dir=manual'],
    tests: EVERYWHERE, without: [...LONG, ...OF_NODE, ...AGAINST_RSA],
  },
]
