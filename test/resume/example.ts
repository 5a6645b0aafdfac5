import { readFileSync } from 'node:fs'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { runInThisContext } from 'node:vm'
import * as device from '../../src/device.js'
import * as resume from '../../src/resume.js'
import type { OpenedEnvelope } from '../../src/index.js'
import type { MortalFiles } from './mortal-files.js'

type Download = (opened: OpenedEnvelope, url: string, folder: string, signal: AbortSignal) => Promise<string>

const page = readFileSync(new URL('../../docs/downloads.md', import.meta.url), 'utf8')

/** The function `download` of the page for plugin authors, word for word, on these files; pauses are only written down. */
export function exampleOn(files: MortalFiles['files'], pauses: number[] = []): Download {
  const [, code = ''] = /^<!-- example: file download\.js -->\n```js\n([^]*?)^```$/m.exec(page) ?? []
  const modules: Readonly<Record<string, object>> = {
    'node:fs': fs,
    'node:fs/promises': files,
    'node:path': path,
    'node:timers/promises': {
      setTimeout: async (milliseconds: number, _: undefined, { signal }: { readonly signal: AbortSignal }) => {
        signal.throwIfAborted()
        pauses.push(milliseconds)
      },
    },
    'otaseal/device': device,
    'otaseal/resume': resume,
  }
  const body = code
    .replace(/^import (\{.+\}) from '(.+)'$/gm, (_, names: string, from: string) => `const ${names.replaceAll(' as ', ': ')} = modules['${from}']`)
    .replace(/^export async function download/m, 'return download; async function download')
  const load = runInThisContext(`(modules) => {${body}}`, 'docs/downloads.md') as (from: typeof modules) => Download
  return load(modules)
}
