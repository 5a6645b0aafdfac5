import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { otaseal, release, workFolder } from './cli.js'

/** A {@link workFolder} with keys of readers, of which all but `new` can open the envelope of `app.bin`; the passphrase of `locked` is in `pass`. */
export async function readersFolder(): Promise<string> {
  const folder = await workFolder()
  writeFileSync(join(folder, 'pass'), 'correct horse\n', { mode: 0o600 })
  const keys = ['X25519', 'P-256 -o p256', 'X25519 -o new', 'P-256 -o locked --passphrase-file pass', 'secret']
  await Promise.all(keys.map(async (flags) => otaseal(folder, ['keygen', '--type', ...flags.split(' ')])))
  const readers = ['.otaseal_reader.pub', 'p256.pub', 'locked.pub', '.otaseal_secret'].flatMap((name) => ['--reader', name])
  const { code, stderr } = await otaseal(folder, ['encrypt', 'app.bin', ...release, ...readers])
  if (code !== 0) throw new Error(stderr)
  return folder
}
