import { InvalidArgumentError } from 'commander'
import { EnvelopeError, checksumFormOf } from '../capgo.js'
import { PLUGIN, installedPlugins } from './capgo-installed.js'
import { inCommands } from './capgo-words.js'
import { UsageError } from './errors.js'
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
  /** From which it follows: none where it was named outright, several only of several packages. */
  readonly pluginVersions: readonly string[]
}

const FORMS: readonly string[] = ['V2', 'V3'] satisfies readonly WrittenChecksumForm[]
const ASK = `which version of ${PLUGIN} do the installed apps have? Pass it as --plugin-version, for example 7.30.1`
const ASK_FORM = ', or name the form: --checksum-form V3 for 5.30, 6.30, 7.30, 8.0 and later, --checksum-form V2 before'

export function addPluginFlags(command: Command): Command {
  return command
    .addOption(single('--plugin-version <version>', `version of ${PLUGIN} in the installed apps (default: the one in node_modules)`))
    .addOption(single('--checksum-form <form>', 'the form of the checksum itself, V2 or V3, in place of a version', formText))
    .addOption(single('--package-json <file>', 'look for node_modules from the folder of this package.json on; several with commas between them (default: from the current folder on)'))
}

function formText(text: string): string {
  if (FORMS.includes(text)) return text
  throw new InvalidArgumentError(`It must be ${FORMS.join(' or ')}.`)
}

/**
 * The form of the checksum: named, or that of a version that is named or installed. It is never guessed.
 *
 * @param hasForm whether the command has `--checksum-form`
 * @throws UsageError, FileError, EnvelopeError `unsupported`
 */
export async function pluginForm({ pluginVersion, checksumForm, packageJson }: PluginFlags, terminal: Terminal, hasForm = true): Promise<PluginForm> {
  const ask = hasForm ? ASK + ASK_FORM : ASK
  const given = [pluginVersion, checksumForm, packageJson].filter((value) => value !== undefined)
  if (given.length > 1) throw new UsageError(`pass one of --plugin-version${hasForm ? ', --checksum-form' : ''} and --package-json`)
  if (checksumForm !== undefined) return { checksumForm, pluginVersions: [] }
  if (pluginVersion !== undefined) return { pluginVersions: [pluginVersion], checksumForm: formOfVersion(pluginVersion, '--plugin-version', ask) }
  const found = (await installedPlugins(packageJson, ask)).map(({ version, file }) => ({
    version,
    form: formOfVersion(version, file, ask),
    name: `plugin ${version} of ${file}`,
  }))
  const [first, ...others] = found as [Found, ...Found[]]
  const other = others.find(({ form }) => form !== first.form)
  if (other !== undefined) {
    throw new UsageError(`${first.name} reads the form ${first.form}, and ${other.name} the form ${other.form}: no release is for both, so make one for each`)
  }
  terminal.note(`checksum in the form ${first.form}, for ${found.map(({ name }) => name).join(' and ')}: pass --plugin-version if installed apps have another`)
  return { checksumForm: first.form, pluginVersions: [...new Set(found.map(({ version }) => version))] }
}

/** An installed plugin, and the form that it reads. */
interface Found {
  readonly version: string
  readonly form: WrittenChecksumForm
  /** For people. */
  readonly name: string
}

/**
 * The form that a version reads; messages are in the words of the command line.
 *
 * @throws EnvelopeError `unsupported`
 */
function formOfVersion(version: string, source: string, ask: string): WrittenChecksumForm {
  try {
    return checksumFormOf(version)
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    const what = inCommands(error.message)
    throw new EnvelopeError(error.code, `${source}: ${what === error.message ? what : `${what}: ${ask}`}`, { cause: error })
  }
}
