import { EnvelopeError } from 'otaseal/device'
import { passedBefore, refusingCheck } from './checks.js'
import { make } from './dom.js'
import { showHead } from './head-view.js'
import { keyringOf } from './keyring.js'
import { run } from './run.js'
import { makeStrip } from './strip.js'
import { durationText, shown, speedText } from './text.js'
import { showChecks, showHeadStatus, showRefusal, showTimings, showVerdict } from './views.js'
import type { CheckId, Standing } from './checks.js'
import type { Demands } from './form.js'
import type { Source } from './intake.js'
import type { Keyring } from './keyring.js'
import type { Job, Listener } from './run.js'
import type { Strip } from './strip.js'
import type { RefusedChunk } from './views.js'

/** Why a run is stopped that another one takes the place of: nothing more is shown of it. */
export const REPLACED = 'replaced by another run'

/** What a run has come to, as it goes on. */
interface Session {
  readonly source: Source
  readonly demands: Demands
  readonly strip: Strip
  readonly left: ReadonlyMap<CheckId, string>
  readonly started: number
  passed: CheckId
  counted: boolean
  signers: readonly string[]
  refusedChunks: RefusedChunk[]
  headAt?: number
  chunksFrom?: number
}

/** A head that was shown before anything was verified. */
export async function showUnverified(source: Source): Promise<void> {
  showVerdict('warn', 'Not verified', 'Everything below may be forged: whoever wrote this file chose it. Give a public key or a trust store to verify it.')
  showChecks({ passed: 'form', left: new Map() })
  showHeadStatus('warn', 'Not verified: what follows is only what the file says of itself.')
  makeStrip(source.decoded.chunks)
  showTimings([])
  await showHead(source)
}

/** Verifies an envelope, and shows all that becomes of it. */
export async function verifySource(source: Source, demands: Demands, signal: AbortSignal): Promise<void> {
  await showUnverified(source)
  showVerdict('', 'Checking…')
  const keyring = await readKeyring(demands.trust, signal)
  if (keyring === undefined || signal.aborted) return
  const session: Session = {
    ...{ source, demands, strip: makeStrip(source.decoded.chunks), left: leftOut(source, demands, keyring) },
    ...{ started: performance.now(), passed: 'trust', counted: false, signers: [], refusedChunks: [] },
  }
  try {
    await run(jobOf(source, demands, keyring, signal), listenerOf(session))
    signal.throwIfAborted()
    accept(session)
  } catch (error) {
    if (signal.reason === REPLACED) return
    refuse(session, error, signal)
  }
  session.strip.end()
  showTimings(timingsOf(session))
}

/** What keys the person has given; a refusal is shown. */
async function readKeyring(text: string, signal: AbortSignal): Promise<Keyring | undefined> {
  try {
    return await keyringOf(text)
  } catch (error) {
    if (signal.reason === REPLACED) return undefined
    if (!(error instanceof EnvelopeError)) throw error
    const standing: Standing = { passed: 'form', refused: { check: 'trust', code: error.code, message: error.message }, left: new Map() }
    showChecks(standing)
    showRefusal(standing)
    return undefined
  }
}

function jobOf(source: Source, demands: Demands, { trust }: Keyring, signal: AbortSignal): Job {
  const { app, channel, lastSequence, runtime, reader, asServer } = demands
  return { source, asServer, signal, options: { trust, app, channel, lastSequence, runtime, reader: asServer ? undefined : reader } }
}

function leftOut({ payload }: Source, demands: Demands, { hasMinimum }: Keyring): ReadonlyMap<CheckId, string> {
  const empty = 'left empty, so any is taken'
  const gone = 'the payload is not here'
  const reasons: readonly (readonly [CheckId, string | undefined])[] = [
    ['app', demands.app === null ? empty : undefined],
    ['channel', demands.channel === null ? empty : undefined],
    ['runtime', demands.runtime === undefined ? empty : undefined],
    ['sequence', demands.lastSequence === null ? (hasMinimum ? 'left empty, so held against the minimum of the trust store alone' : empty) : undefined],
    ['reader', demands.asServer ? 'a server has no reader key' : undefined],
    ...(['index', 'chunks', 'end'] as const).map((id) => [id, payload === undefined ? gone : undefined] as const),
  ]
  return new Map(reasons.flatMap(([id, reason]) => (reason === undefined ? [] : [[id, reason] as const])))
}

function listenerOf(session: Session): Listener {
  const pass = (id: CheckId): void => {
    session.passed = id
    showChecks(session)
  }
  return {
    counted: () => {
      session.counted = true
    },
    headVerified: (signers) => {
      Object.assign(session, { signers, headAt: performance.now() })
      pass('expires')
      showHeadStatus('good', 'Signature verified by ', signersText(signers), '. The key slots are not signed, nor are signatures and links that do not count.')
    },
    readerUsed: () => pass('reader'),
    opened: (header) => void showHead(session.source, header),
    indexVerified: () => pass('index'),
    verifiedUpTo: (chunk) => {
      session.chunksFrom ??= session.headAt ?? session.started
      if (session.passed === 'expires' || session.passed === 'reader') pass('index')
      session.strip.verifiedUpTo(chunk)
    },
    chunkRefused: (chunk, range) => {
      session.refusedChunks.push({ chunk, ...(range !== undefined && { range }) })
      session.strip.refused(chunk)
    },
  }
}

function signersText(kids: readonly string[]): Node {
  return make('span', '', kids.length === 1 ? 'key ' : 'keys ', ...kids.flatMap((kid, i) => [i === 0 ? '' : ', ', make('code', '', shown(kid))]))
}

const CLAIMS: readonly (readonly [CheckId, string])[] = [['app', 'app'], ['channel', 'channel'], ['runtime', 'runtime'], ['sequence', 'installed sequence']]

function accept(session: Session): void {
  const { source, demands, left, signers } = session
  session.passed = source.payload === undefined ? (demands.asServer ? 'expires' : 'reader') : 'end'
  showChecks(session)
  const unchecked = CLAIMS.flatMap(([id, name]) => (left.has(id) ? [name] : []))
  const claims = unchecked.length === 0 ? [] : [make('p', '', `Not checked, since left empty: ${unchecked.join(', ')}. A device names what it accepts.`)]
  const by = make('p', '', 'Signed by ', signersText(signers), '.')
  if (source.payload === undefined) {
    showVerdict('warn', 'The head is verified, its payload is not here', by, 'Drop the payload as well, to check its chunks.', ...claims)
  } else if (demands.asServer) {
    showVerdict('good', 'Verified, without a reader key', by, 'Every byte of the payload is what was signed. Whether a device can open it is not known by this.', ...claims)
  } else showVerdict('good', 'Verified', by, 'Every byte of the payload is what was signed, and every chunk decrypts.', ...claims)
}

function refuse(session: Session, error: unknown, { aborted }: AbortSignal): void {
  if (aborted) showVerdict('warn', 'Stopped', 'The chunks that were not reached are not verified.')
  else if (!(error instanceof EnvelopeError)) {
    showVerdict('bad', 'It could not be checked', shown(error instanceof Error ? error.message : String(error)))
  } else {
    const check = refusingCheck(error.code, session.passed, session.counted)
    const passed = passedBefore(check, session.passed)
    const standing: Standing = { ...session, passed, refused: { check, code: error.code, message: error.message } }
    showChecks(standing)
    showRefusal(standing, session.refusedChunks)
    if (session.headAt === undefined) showHeadStatus('bad', `Refused (${error.code}): no device takes what follows.`)
  }
}

function timingsOf({ source, strip, started, headAt, chunksFrom }: Session): readonly (readonly [string, string])[] {
  if (headAt === undefined) return []
  const end = performance.now()
  const bytes = Math.min(strip.verified() * source.decoded.header.body.chunk, source.decoded.header.bundle.size)
  const chunks = chunksFrom === undefined || bytes === 0 ? [] : [['Payload, read and verified', `${durationText(end - chunksFrom)}, ${speedText(bytes, end - chunksFrom)}`] as const]
  return [['Head verified', durationText(headAt - started)], ...chunks, ['In all', durationText(end - started)]]
}
