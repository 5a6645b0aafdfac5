export { nodeDeviceBackend as manifestBackend } from '../crypto/node.js'
