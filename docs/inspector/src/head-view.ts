import { publicJwk } from 'otaseal/build'
import { EnvelopeError } from 'otaseal/device'
import { byId, make } from './dom.js'
import { countText, localText, numberText, shown, sizeText, utcText } from './text.js'
import type { DecodedLink, Header } from 'otaseal/device'
import type { Source } from './intake.js'

const META_MAX = 100
const MANIFEST_TYPE = 'application/vnd.otaseal.manifest+json'

/** A name, a value that others may have written, and what it means. */
type Row = readonly [name: string, value: string, note?: string]

/** What was shown last: what took longer must not come after it. */
let latest: Source | undefined

/** Shows a head as tables. `opened`: the header of a verified head, whose checksum is opened. */
export async function showHead(source: Source, opened?: Header): Promise<void> {
  latest = source
  const { decoded } = source
  const { signatures, slots, slotAlgorithms } = decoded
  const links = (await Promise.all(decoded.links.map(linkRows))).flat()
  if (latest !== source) return
  const meta = Object.entries(decoded.header.meta ?? {})
  const tables = [
    table('Release', releaseRows(decoded.header)),
    table('Bundle', bundleRows(source, opened)),
    ...(meta.length === 0 ? [] : [table('Free data of the publisher (meta)', metaRows(meta))]),
    table('Signatures, whether or not they count', signatures.map(({ alg, kid }, i) => [`Signature ${i + 1}`, kid, `algorithm ${alg}; the value is the id of the key`])),
    table('Key slots: who can open it', slots.map((kid, i) => slotRow(kid, slotAlgorithms[i], i))),
    ...(links.length === 0 ? [] : [table('Links: root keys that let release keys sign', links)]),
  ]
  byId('head-tables', HTMLElement).replaceChildren(...tables)
  byId('head', HTMLElement).hidden = false
}

function table(caption: string, rows: readonly Row[]): HTMLElement {
  const body = rows.map(([name, value, note]) => {
    const head = make('th', '', shown(name, 80))
    head.setAttribute('scope', 'row')
    const cell = make('td', '', make('span', 'value mono', shown(value)))
    if (note !== undefined) cell.append(make('span', 'note', note))
    return make('tr', '', head, cell)
  })
  return make('table', '', make('caption', '', caption), make('tbody', '', ...body))
}

function releaseRows({ app, version, sequence, channel, runtime, created, expires }: Header): readonly Row[] {
  return [
    ['App', app],
    ['Version', version, 'for people; devices compare the sequence'],
    ['Sequence', String(sequence), sequenceNote(sequence)],
    channel === undefined ? ['Channel', 'none', 'only devices that demand no channel take it'] : ['Channel', channel],
    runtime === undefined ? ['Runtime', 'none', 'devices that demand a runtime refuse it'] : ['Runtime', runtime],
    ['Created', utcText(created), `${localText(created)}, as the publisher's clock said`],
    expires === undefined ? ['Expires', 'never'] : ['Expires', utcText(expires), `${localText(expires)}${expires * 1000 <= Date.now() ? '; this is over' : ''}`],
  ]
}

/** Sequences are a publisher's own numbers, but most are seconds; those of 2001-09-09 to 2100 are shown as such. */
function sequenceNote(sequence: number): string {
  const time = sequence >= 1e9 && sequence < 4_102_444_800 ? `; as seconds since 1970: ${utcText(sequence)}` : ''
  return `a device takes only what is above its own${time}`
}

function bundleRows({ decoded, payload }: Source, opened: Header | undefined): readonly Row[] {
  const { header, chunks, payloadLength } = decoded
  const { bundle, body } = header
  const isManifest = bundle.type === MANIFEST_TYPE
  return [
    ['Type', bundle.type, isManifest ? 'a manifest: the list of files of a differential release; the files are objects of their own, and not in here' : 'as the publisher says; the content is not looked at'],
    ['Size', sizeText(bundle.size)],
    ['Chunks', `${numberText(chunks)} of ${numberText(body.chunk)} bytes`, `${body.alg}; the last one is shorter`],
    ['Payload', payload === undefined ? 'not here' : sizeText(payload.size), payload?.size === payloadLength ? 'as long as the head says' : `the head says ${sizeText(payloadLength)}`],
    opened === undefined
      ? ['Checksum', 'sealed', 'SHA-256 of the bundle; a reader key opens it']
      : ['SHA-256', opened.bundle.checksum, 'signed checksum of the bundle; not computed here: each chunk is held against its own signed digest'],
    ['Index digest', body.index, 'what the digests of all chunks are held against'],
  ]
}

function metaRows(meta: readonly (readonly [string, string])[]): readonly Row[] {
  const rows: Row[] = meta.slice(0, META_MAX).map(([name, value]) => [name === '' ? '(empty name)' : name, value])
  return meta.length > META_MAX ? [...rows, ['…', `${numberText(meta.length - META_MAX)} more entries are not shown`]] : rows
}

function slotRow(kid: string | undefined, algorithm: string | undefined, i: number): Row {
  if (kid === undefined) return [`Slot ${i + 1}`, 'unreadable', 'of a kind that this version cannot read']
  return [`Slot ${i + 1}`, kid, `${algorithm ?? ''}; the value is the id of the reader's key`]
}

async function linkRows(link: DecodedLink, i: number): Promise<readonly Row[]> {
  const { alg, signer, notBefore, notAfter, apps, channels, maxSequence } = link
  const scope = [
    apps && `${countText(apps.length, 'app')}: ${apps.join(', ')}`,
    channels && `${countText(channels.length, 'channel')}: ${channels.join(', ')}`,
    maxSequence === undefined ? undefined : `sequences up to ${maxSequence}`,
  ].filter((part) => part !== undefined)
  return [
    [`Link ${i + 1}`, await delegateOf(link), 'the key that may sign'],
    ['by', signer, `${alg}; the root key that says so`],
    ['for', scope.length === 0 ? 'all releases' : scope.join('; ')],
    ['from, until', `${utcText(notBefore)} – ${utcText(notAfter)}`],
  ]
}

async function delegateOf({ key }: DecodedLink): Promise<string> {
  try {
    return (await publicJwk(key)).kid
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    return `a key that no device takes (${error.code})`
  }
}
