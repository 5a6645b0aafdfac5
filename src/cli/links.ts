import { UsageError } from './errors.js'
import { keyText } from './key-file.js'
import type { EncryptOptions } from '../node.js'

/** The flags that let release keys sign. */
export interface LinkFlags {
  readonly chain?: readonly string[]
  readonly root?: readonly string[]
}

/** Links, the roots that signed them, and the files of both. */
export interface Links {
  readonly options: Pick<EncryptOptions, 'chain' | 'roots'>
  readonly files: readonly string[]
}

/** @throws FileError, UsageError */
export async function linksOf({ chain, root }: LinkFlags): Promise<Links> {
  if (chain === undefined && root === undefined) return { options: {}, files: [] }
  if (chain === undefined || root === undefined) {
    throw new UsageError('--chain and --root belong together: pass the link, and the public key of the root that signed it')
  }
  const links = await Promise.all(chain.map(async (file) => keyText(file, '--chain', 'make one with `otaseal delegate`')))
  const roots = await Promise.all(root.map(async (file) => keyText(file, '--root', 'pass the public key that signed the --chain')))
  const wrong = links.findIndex((link) => !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(link.trim()))
  if (wrong >= 0) throw new UsageError(`${chain[wrong] ?? ''} is no link: make one with \`otaseal delegate\``)
  return { options: { chain: links, roots }, files: [...chain, ...root] }
}
