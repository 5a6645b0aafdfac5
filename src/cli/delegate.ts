import { delegate } from '../index.js'
import { auditFlag, withAudit } from './audit-flag.js'
import { UsageError } from './errors.js'
import { interruptible } from './interrupt.js'
import { date, digits, jsonFlag, repeatable, single } from './options.js'
import { checkTarget } from './output.js'
import { SIGN_HELP, addSignFlags, signersOf } from './sign-command.js'
import { printable, table } from './text.js'
import { writeText } from './trust-file.js'
import { publicKeyOf } from './trust-key.js'
import { scopeText, validityText } from './trust-view.js'
import type { Command } from 'commander'
import type { EventListener } from '../node.js'
import type { AuditFlags } from './audit-flag.js'
import type { SignFlags } from './sign-command.js'
import type { Outcome, Terminal } from './terminal.js'

interface DelegateFlags extends SignFlags, AuditFlags {
  readonly notAfter: Date
  readonly notBefore?: Date
  readonly app?: readonly string[]
  readonly channel?: readonly string[]
  readonly maxSequence?: number
  readonly output?: string
}

/** What a link says, of what is shown of it. */
interface Claims {
  readonly notBefore: number
  readonly notAfter: number
  readonly apps?: readonly string[]
  readonly channels?: readonly string[]
  readonly maxSequence?: number
}

const TWO_YEARS = 2 * 365.25 * 86_400
const EXAMPLES = `
A root key, which is kept offline and which the apps trust, lets a release key sign: releases under the link are made with
\`otaseal encrypt --chain LINK --root ROOT_PUB\`. A link can't be taken back before its end but by revoking the release key, or the
root, in the trust stores of the devices: choose an early --not-after.

Keys: --key wins over OTASEAL_PRIVATE_KEY, which wins over .otaseal_key.
${SIGN_HELP}

Examples:
  $ otaseal delegate release.pub --key root --not-after 2027-06-30
  $ otaseal delegate release.pub --key root --not-after 2027-06-30 --app com.example.app --channel beta -o beta.link
`

export function addDelegate(program: Command, terminal: Terminal): void {
  const command = program
    .command('delegate')
    .summary('let a release key sign in place of a root key')
    .description('Signs a link, by which a root key lets a release key sign releases.')
    .argument('<public-key>', 'public key of the release key')
  addSignFlags(command)
    .addOption(single('--not-after <date>', 'ISO date or date-time after which devices refuse what the release key signed', date).makeOptionMandatory())
    .addOption(single('--not-before <date>', 'the same, before which (default: now)', date))
    .addOption(repeatable('--app <id>', 'only releases of this app; repeatable'))
    .addOption(repeatable('--channel <channel>', 'only releases of this channel; repeatable'))
    .addOption(single('--max-sequence <n>', 'the highest sequence that it may sign', digits))
    .addOption(single('-o, --output <file>', 'the link, - for stdout (default: PUBLIC_KEY with .link in place of .pub)'))
    .addOption(auditFlag())
    .addOption(jsonFlag())
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, flags: DelegateFlags) => makeLink(file, flags, terminal))
}

async function makeLink(file: string, flags: DelegateFlags, terminal: Terminal): Promise<void> {
  const { notAfter, notBefore, app: apps, channel: channels, maxSequence, output } = flags
  const target = { path: output ?? `${file.replace(/(?<=[^/\\])\.pub$/, '')}.link`, force: false }
  const { kid, jwk } = await publicKeyOf(file, 'PUBLIC_KEY')
  const { signers, secretFiles, publicFiles } = await signersOf(flags, terminal)
  const [signer] = signers
  if (signer === undefined || signers.length > 1) throw new UsageError('one root key signs a link: pass one --key or --sign-command')
  const inputs = [file, ...secretFiles, ...publicFiles]
  checkTarget(target, inputs, terminal)
  const work = async (onEvent?: EventListener): Promise<string> =>
    interruptible(async (signal) => delegate(jwk, { signer, notAfter, notBefore, apps, channels, maxSequence, signal, onEvent }))
  const link = await withAudit(flags, terminal, work, [...inputs, target.path])
  await writeText(target, `${link}\n`)
  const [header = '', payload = ''] = link.split('.')
  const { kid: root } = decoded(header) as { readonly kid: string }
  const claims = decoded(payload) as Claims
  warnOfEnd(claims, terminal)
  await terminal.show(outcomeOf(target.path, root, kid, claims), target.path)
}

/** A part of the link that was just made. */
function decoded(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
}

function outcomeOf(output: string, root: string, kid: string, claims: Claims): Outcome {
  const { notBefore, notAfter, apps, channels, maxSequence } = claims
  return {
    data: { output, root, delegate: kid, notBefore, notAfter, apps, channels, maxSequence },
    lines: [
      `link: ${output === '-' ? 'stdout' : printable(output)}`,
      ...table([
        ['root', root],
        ['release key', kid],
        ['validity', validityText(claims)],
        ['scope', scopeText(claims)],
        ['max sequence', maxSequence === undefined ? '-' : String(maxSequence)],
      ]),
    ],
  }
}

function warnOfEnd({ notBefore, notAfter }: Claims, terminal: Terminal): void {
  terminal.note(
    'after its end no device installs a release under this link any more, also none that was published before: by then, publish the newest one under a new link',
  )
  if (notAfter - notBefore > TWO_YEARS) {
    terminal.warn('the link is valid for more than two years: a release key that is stolen can sign until then, or until every device knows that it is revoked')
  }
}
