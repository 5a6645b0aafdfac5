export { webHashingBackend as manifestBackend } from '../crypto/web-hashing.js'
