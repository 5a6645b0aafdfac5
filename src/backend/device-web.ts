export { webDeviceBackend as deviceBackend } from '../crypto/web.js'
