import { expect, test } from 'vitest'

/** What the runtime says of itself. */
function runtime(): string {
  const { Bun, Deno } = globalThis as { Bun?: { version: string }; Deno?: { version: { deno: string } } }
  if (Bun !== undefined) return `bun ${Bun.version}`
  if (Deno !== undefined) return `deno ${Deno.version.deno}`
  return `node ${process.versions.node}`
}

test('tests run in the runtime that they are said to run in', () => {
  expect(runtime()).toBe(process.env['OTASEAL_RUNTIME'] ?? `node ${process.versions.node}`)
})
