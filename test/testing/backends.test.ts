import { describe, test } from 'vitest'
import { nobleDeviceBackend } from '../../src/crypto/noble.js'
import { nodeDeviceBackend } from '../../src/crypto/node.js'
import { webDeviceBackend } from '../../src/crypto/web.js'
import { backendTests } from '../../src/testing.js'
import { backends } from '../backends.js'

for (const backend of [...backends, nodeDeviceBackend, webDeviceBackend, nobleDeviceBackend]) {
  describe(`the ${backend.name} backend, of ${'sign' in backend ? 'publishers' : 'devices'},`, () => {
    for (const { name, run } of backendTests(backend)) test(name, run)
  })
}
