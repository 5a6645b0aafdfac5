export { nodeCapgoBackend as capgoBackend } from '../crypto/node-capgo.js'
