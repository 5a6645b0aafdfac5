export { webCapgoBackend as capgoBackend } from '../crypto/web-capgo.js'
