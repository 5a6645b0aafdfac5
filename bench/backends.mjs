import { nodeBackend } from 'otaseal/node'
import { nobleBackend } from 'otaseal/noble'
// No door exports WebCrypto's backend: it is what package.json's "imports" choose where the platform isn't Node.
import { buildBackend as webBackend } from '../dist/backend/build-web.js'

/** Every way to do the cryptography, each for publishers and for devices. */
export const backends = { node: nodeBackend, web: webBackend, noble: nobleBackend }
