export { nodeDeviceBackend as deviceBackend } from '../crypto/node.js'
