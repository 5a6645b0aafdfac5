import { addManifestApply } from './manifest-apply.js'
import { addManifestCreate } from './manifest-create.js'
import { addManifestGc } from './manifest-gc.js'
import { MANIFEST_HELP } from './manifest-help.js'
import { addManifestPlan } from './manifest-plan.js'
import { addManifestVerify } from './manifest-verify.js'
import type { Command } from 'commander'
import type { Terminal } from './terminal.js'

export function addManifest(program: Command, terminal: Terminal): void {
  const manifest = program
    .command('manifest')
    .summary('releases of many files, of which devices fetch what they lack')
    .description('Releases of many files, of which devices fetch what they lack.')
    .addHelpText('after', MANIFEST_HELP)
  for (const add of [addManifestCreate, addManifestPlan, addManifestApply, addManifestVerify, addManifestGc]) add(manifest, terminal)
}
