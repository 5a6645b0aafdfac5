import { verifyAndDecrypt } from '../index.js'
import { createBar } from './progress.js'
import type { DecryptedBundle, DeviceOptions } from '../index.js'
import type { Terminal } from './terminal.js'

/** Checks all of an envelope, under a progress bar. */
export async function openAll(envelope: Uint8Array, policy: DeviceOptions, what: string, terminal: Terminal): Promise<DecryptedBundle> {
  const bar = createBar(what, !terminal.json)
  return verifyAndDecrypt(envelope, { ...policy, onProgress: bar.update }).finally(bar.stop)
}
