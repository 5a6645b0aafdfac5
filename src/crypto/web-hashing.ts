import { nobleHasher } from './noble-hash.js'
import { webDeviceBackend } from './web.js'
import type { HashingDeviceBackend } from './backend.js'

/** WebCrypto for devices, with the running hash that it lacks: for files that come in many chunks. */
export const webHashingBackend: HashingDeviceBackend = { ...webDeviceBackend, hasher: nobleHasher }
