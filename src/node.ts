export { nodeDeviceBackend } from './crypto/node.js'
export { nodeBackend } from './crypto/node-build.js'
