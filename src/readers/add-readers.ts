import { buildBackend } from '#build-backend'
import { readPolicy } from '../device/options.js'
import { findSessionKey } from '../device/session-key.js'
import { verifyHead } from '../device/verify-head.js'
import { EnvelopeError } from '../errors.js'
import { releaseOf } from '../events.js'
import { headText, parseHead } from '../format/head.js'
import { SLOTS_MAX } from '../format/limits.js'
import { readRecipients, recipientsOption } from '../keys/recipients.js'
import { sealSlot } from '../keys/seal-slot.js'
import { parseSlot } from '../keys/slots.js'
import { backendOption, checkAborted, objectOption } from '../options.js'
import type { Backend } from '../crypto/backend.js'
import type { DeviceOptions, RequiredClaim } from '../device/options.js'
import type { HeadInput } from '../format/head.js'
import type { ReaderInput } from '../keys/recipients.js'
import type { Recipient } from '../keys/seal-slot.js'

/** As for a device that may read; a claim that is left out is not checked, save the expiry. */
export interface AddReadersOptions
  extends Omit<DeviceOptions, RequiredClaim | 'backend' | 'onProgress' | 'checksum'>,
    Partial<Pick<DeviceOptions, RequiredClaim>> {
  /** Whom slots are added for: 32-byte secrets, X25519 and P-256 public keys. */
  readonly readers: readonly ReaderInput[]
  /** Left out: node:crypto on Node, WebCrypto elsewhere. */
  readonly backend?: Backend | undefined
}

const METHODS: readonly (keyof Backend)[] = ['randomBytes', 'gcmSealer', 'wrapKey']

/**
 * The head, as JSON text, with a slot for each of `readers`, made by someone who may read but need not be able to sign: the signed parts
 * stay as they are. Slots under the kid of one of `readers` are replaced, since a distributor may have damaged
 * them; all others stay.
 *
 * @throws EnvelopeError with one of the codes of `docs/errors.md`; `limit-exceeded` where the slots don't fit
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function addReaders(head: HeadInput, options: AddReadersOptions): Promise<string> {
  const { readers, backend: given = buildBackend, ...claims } = objectOption('options', options)
  const wanted = recipientsOption(readers, SLOTS_MAX)
  const { backend } = backendOption(given, METHODS)
  const policy = readPolicy({ ...claims, backend }, { app: null, channel: null, lastSequence: null })
  const text = headText(head)
  checkAborted(policy.signal)
  const verified = await verifyHead(parseHead(text), policy)
  const recipients = await readRecipients(wanted, backend)
  const { sessionKey } = await findSessionKey(verified, policy)
  const slots = [...keptSlots(verified.slots, recipients)]
  for (const recipient of recipients) slots.push(await sealSlot(sessionKey, recipient, backend))
  const added = withSlots(text, slots)
  const kids = recipients.map(({ kid }) => kid)
  policy.onEvent({ event: 'readers-added', time: policy.now, ...releaseOf(verified.header), kids })
  return added
}

function keptSlots(slots: readonly string[], recipients: readonly Recipient[]): readonly string[] {
  const replaced = new Set<string | undefined>(recipients.map(({ kid }) => kid))
  const kept = slots.filter((slot) => !replaced.has(parseSlot(slot)?.kid))
  if (kept.length + recipients.length <= SLOTS_MAX) return kept
  throw new EnvelopeError(
    'limit-exceeded',
    `the head would have ${kept.length + recipients.length} slots, and ${SLOTS_MAX} fit: give each group of readers a head of its own, or one key`,
  )
}

/** The same members, in one line, with other slots. */
function withSlots(text: string, keys: readonly string[]): string {
  const head = JSON.stringify({ ...(JSON.parse(text) as object), keys })
  parseHead(head)
  return head
}
