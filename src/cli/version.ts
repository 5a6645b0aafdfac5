import { readFileSync } from 'node:fs'

/** package.json lies beside the folder of the built program. */
export function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}
