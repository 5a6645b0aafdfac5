export { webBackend as buildBackend } from '../crypto/web-build.js'
