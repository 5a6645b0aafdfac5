import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { EnvelopeError, checksumFormOf } from '../capgo.js'
import { systemCode } from '../node/system-error.js'
import { inCommands } from './capgo-words.js'
import { FileError, UsageError, fileError } from './errors.js'
import { single } from './options.js'
import type { Command } from 'commander'
import type { WrittenChecksumForm } from '../capgo.js'
import type { Terminal } from './terminal.js'

/** For which plugin a release is. */
export interface PluginFlags {
  readonly pluginVersion?: string
  readonly checksumForm?: WrittenChecksumForm
  readonly packageJson?: string
}

/** What follows from it. */
export interface PluginForm {
  readonly checksumForm: WrittenChecksumForm
  /** Where the form was not named outright. */
  readonly pluginVersion?: string
}

const PLUGIN = '@capgo/capacitor-updater'
const FORMS: readonly string[] = ['V2', 'V3'] satisfies readonly WrittenChecksumForm[]
const ASK =
  `which version of ${PLUGIN} do the installed apps have? Pass it as --plugin-version, for example 7.30.1, ` +
  'or name the form: --checksum-form V3 for 5.30, 6.30, 7.30, 8.0 and later, --checksum-form V2 before'

export function addPluginFlags(command: Command): Command {
  return command
    .addOption(single('--plugin-version <version>', `version of ${PLUGIN} in the installed apps (default: the one in node_modules)`))
    .addOption(single('--checksum-form <form>', 'the form of the checksum itself, V2 or V3, in place of a version', formText))
    .addOption(single('--package-json <file>', 'look for node_modules from the folder of this package.json on (default: from the current folder on)'))
}

function formText(text: string): string {
  if (FORMS.includes(text)) return text
  throw new InvalidArgumentError(`It must be ${FORMS.join(' or ')}.`)
}

/**
 * The form of the checksum: named, or that of a version that is named or installed. It is never guessed.
 *
 * @throws UsageError, FileError, EnvelopeError `unsupported`
 */
export function pluginForm({ pluginVersion, checksumForm, packageJson }: PluginFlags, terminal: Terminal): PluginForm {
  const given = [pluginVersion, checksumForm, packageJson].filter((value) => value !== undefined)
  if (given.length > 1) throw new UsageError('pass one of --plugin-version, --checksum-form and --package-json')
  if (checksumForm !== undefined) return { checksumForm }
  if (pluginVersion !== undefined) return { pluginVersion, checksumForm: formOfVersion(pluginVersion, '--plugin-version') }
  const { version, file } = installedPlugin(packageJson)
  const form = { pluginVersion: version, checksumForm: formOfVersion(version, file) }
  terminal.note(`checksum in the form ${form.checksumForm}, for plugin ${version} of ${file}: pass --plugin-version if installed apps have another`)
  return form
}

/**
 * The form that a version reads; messages are in the words of the command line.
 *
 * @throws EnvelopeError `unsupported`
 */
function formOfVersion(version: string, source: string): WrittenChecksumForm {
  try {
    return checksumFormOf(version)
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    const what = inCommands(error.message)
    throw new EnvelopeError(error.code, `${source}: ${what === error.message ? what : `${what}: ${ASK}`}`, { cause: error })
  }
}

interface Installed {
  readonly version: string
  /** Its package.json, as the user would name it. */
  readonly file: string
}

/** The plugin that a package there would load: in the nearest node_modules that has it, upwards. */
function installedPlugin(packageJson: string | undefined): Installed {
  const start = packageJson === undefined ? '.' : dirname(packageJson)
  for (let folder = resolve(start); ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', PLUGIN, 'package.json')
    const text = textOrNothing(path)
    if (text !== undefined) return { version: versionIn(text, path), file: relative('.', path) }
    if (folder === dirname(folder)) break
  }
  throw new UsageError(`the plugin's version is not known here, since no node_modules of ${start === '.' ? 'this folder' : start} or above has it: ${ASK}`)
}

function textOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined
    throw fileError('read', path, error)
  }
}

function versionIn(text: string, path: string): string {
  try {
    const { version } = JSON.parse(text) as { readonly version?: unknown }
    if (typeof version === 'string') return version
  } catch {
    // As one without a version.
  }
  throw new FileError(`${path} names no version: install the plugin again, or pass --plugin-version`)
}
