import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string): string => fileURLToPath(new URL(`src/${path}`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: {
      // What the suite for every engine imports, as its users do.
      'otaseal/device': source('device.ts'),
      '#device-backend': source('backend/device-node.ts'),
      '#build-backend': source('backend/build-node.ts'),
      '#capgo-backend': source('backend/capgo-node.ts'),
      '#manifest-backend': source('backend/manifest-node.ts'),
      '#compression': source('backend/compression-node.ts'),
    },
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    // Many tests wait for programs that they start: on two processors vitest itself would take but one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
})
