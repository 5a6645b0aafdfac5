export { nodeBackend as buildBackend } from '../crypto/node-build.js'
