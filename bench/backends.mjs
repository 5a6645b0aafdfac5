// By paths of their own, so that the demo needs nothing that is installed in this folder. No door exports WebCrypto's backend: it is
// what package.json's "imports" choose where the platform isn't Node.
import { buildBackend as webBackend } from '../dist/backend/build-web.js'
import { nobleBackend } from '../dist/noble.js'
import { nodeBackend } from '../dist/node.js'

/** Every way to do the cryptography, each for publishers and for devices. */
export const backends = { node: nodeBackend, web: webBackend, noble: nobleBackend }
