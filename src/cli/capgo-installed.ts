import { stat } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { systemCode } from '../node/system-error.js'
import { FileError, UsageError, fileError } from './errors.js'
import { readRegular } from './key-file.js'
import type { Stats } from 'node:fs'

export const PLUGIN = '@capgo/capacitor-updater'

/** A plugin that was found in node_modules. */
export interface Installed {
  readonly version: string
  /** Its package.json, as the user would name it. */
  readonly file: string
}

/** Bytes of the package.json of a package. */
const PACKAGE_MAX = 1_048_576

/**
 * The plugins that the packages of `--package-json` load, or one of the current folder.
 *
 * @throws UsageError, FileError
 */
export async function installedPlugins(packageJson: string | undefined, ask: string): Promise<readonly Installed[]> {
  if (packageJson === undefined) return [await installedFrom('.', 'this folder', ask)]
  const found = new Map<string, Installed>()
  for (const path of await namesIn(packageJson)) {
    await checkPackage(path)
    const plugin = await installedFrom(dirname(path), dirname(path), ask)
    found.set(plugin.file, plugin)
  }
  return [...found.values()]
}

/** One name, or several with commas between them, as the Capgo CLI takes them. */
async function namesIn(list: string): Promise<readonly string[]> {
  const isOne = !list.includes(',') || (await statOrNothing(list)) !== undefined
  const names = isOne ? [list] : list.split(',').map((name) => name.trim())
  if (names.every((name) => name !== '')) return names
  throw new UsageError('--package-json has an empty name: pass one package.json, or several with commas between them')
}

/** Refuses what would make another place be searched than the one that was meant. */
async function checkPackage(path: string): Promise<void> {
  const stats = await statOrNothing(path)
  if (stats?.isFile() === true) return
  if (stats === undefined) throw new FileError(`cannot read ${path}: there is no such file; pass the package.json of the app`)
  if (!stats.isDirectory()) throw new FileError(`cannot read ${path}: it is neither a file nor a link to one; pass the package.json of the app`)
  throw new FileError(`${path} is a folder: pass its package.json, ${join(path, 'package.json')}`)
}

/** The plugin that a package there would load: in the nearest node_modules that has it, upwards. */
async function installedFrom(start: string, name: string, ask: string): Promise<Installed> {
  for (let folder = resolve(start); ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', PLUGIN, 'package.json')
    if ((await statOrNothing(path)) !== undefined) return { version: await versionIn(path), file: relative('.', path) }
    if (folder === dirname(folder)) break
  }
  throw new UsageError(`the plugin's version is not known here, since no node_modules of ${name} or above has it: ${ask}`)
}

async function statOrNothing(path: string): Promise<Stats | undefined> {
  return stat(path).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined
    throw fileError('read', path, error)
  })
}

async function versionIn(path: string): Promise<string> {
  const text = Buffer.from(await readRegular(path, PACKAGE_MAX)).toString('utf8')
  try {
    const { version } = JSON.parse(text.replace(/^\ufeff/, '')) as { readonly version?: unknown }
    if (typeof version === 'string') return version
  } catch {
    // As one without a version.
  }
  throw new FileError(`${path} names no version: install the plugin again, or pass --plugin-version`)
}
