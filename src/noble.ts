export { nobleDeviceBackend } from './crypto/noble.js'
export { nobleBackend } from './crypto/noble-build.js'
