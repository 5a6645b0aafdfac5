import { byId } from './dom.js'
import { fields, readDemands } from './form.js'
import { headItem, itemOf, sourceText, textOf } from './intake.js'
import { secretText } from './keyring.js'
import { REPLACED, showUnverified, verifySource } from './session.js'
import { shown } from './text.js'
import { note, showChecks, showRefusal, showVerdict } from './views.js'
import type { Item, Source } from './intake.js'

const FILES_MAX = 8
const KEY_SIZE_MAX = 262_144

let source: Source | undefined
let running: AbortController | undefined

const form = byId('form', HTMLFormElement)
const stop = byId('stop', HTMLButtonElement)

/** Takes files of any kind; with an envelope and a key together here, it verifies. */
async function take(files: readonly File[]): Promise<void> {
  running?.abort(REPLACED)
  byId('notes', HTMLElement).replaceChildren()
  if (files.length > FILES_MAX) note(`Only the first ${FILES_MAX} files were looked at.`, true)
  const looked = await Promise.all(files.slice(0, FILES_MAX).map(async (file) => ({ file, item: await itemOf(file) })))
  // A head before what may be its payload.
  const order = (item: Item): number => (item.kind === 'refused' ? 1 : 0)
  for (const { file, item } of looked.sort((a, b) => order(a.item) - order(b.item))) await place(file, item)
  if (source !== undefined && fields.trust.value.trim() !== '') await verify()
}

async function place(file: File, item: Item): Promise<void> {
  const name = shown(file.name, 80)
  if (item.kind === 'trust' || item.kind === 'reader') {
    const field = item.kind === 'trust' ? fields.trust : fields.reader
    // Who sends an envelope may send a key along, or write one into what should be its payload.
    if (item.kind === 'trust' && field.value.trim() !== '' && field.value.trim() !== item.text.trim()) {
      note(`${name} looks like a public key or trust store, and was left alone, since one is given already: to trust it instead, choose it under “Whom to trust”.`, true)
      return
    }
    field.value = item.text
    note(`${name}: ${item.kind === 'trust' ? 'whom to trust' : 'a private key, taken as the reader’s'}`, false)
  } else if (item.kind === 'source') await show(item.source)
  else if (item.kind === 'other') note(`${name} ${item.why}.`, true)
  else if (source?.payload === undefined && source !== undefined && item.check === 'container') await show({ ...source, payload: file })
  else showRefused(name, item)
}

async function show(next: Source): Promise<void> {
  // Else what is found of the one before would stand above the head of this one.
  running?.abort(REPLACED)
  source = next
  note(`${shown(next.name, 80)}: ${sourceText(next)}`, false)
  await showUnverified(next)
}

function showRefused(name: string, { check, error: { code, message } }: Extract<Item, { kind: 'refused' }>): void {
  running?.abort(REPLACED)
  hideResults()
  source = undefined
  note(`${name}: ${message}`, true)
  const standing = { passed: check === 'form' ? ('container' as const) : undefined, refused: { check, code, message }, left: new Map() }
  showChecks(standing)
  showRefusal(standing)
}

async function verify(): Promise<void> {
  if (source === undefined) {
    showVerdict('warn', 'There is no envelope yet', 'Drop one anywhere on this page, or choose its file.')
    return
  }
  if (fields.trust.value.trim() === '') {
    showVerdict('warn', 'Not verified', 'Give a public key or a trust store first: without one, everything here may be forged.')
    return
  }
  await verifyWith(source)
}

async function verifyWith(chosen: Source): Promise<void> {
  running?.abort(REPLACED)
  const controller = new AbortController()
  running = controller
  stop.hidden = false
  try {
    await verifySource(chosen, readDemands(), controller.signal)
  } finally {
    if (running === controller) {
      running = undefined
      stop.hidden = true
    }
  }
}

function hideResults(): void {
  for (const id of ['chunks', 'checks', 'head']) byId(id, HTMLElement).hidden = true
}

function reset(): void {
  running?.abort(REPLACED)
  source = undefined
  form.reset()
  byId('notes', HTMLElement).replaceChildren()
  hideResults()
  showVerdict('', 'Nothing to look at yet', 'Drop an envelope to see its head, and a public key to verify it.')
}

/** What goes wrong outside of an envelope, such as a file that can't be read any more. */
function guarded(work: () => Promise<void> | void): void {
  const fail = (error: unknown): void => showVerdict('bad', 'That did not work', shown(error instanceof Error ? error.message : String(error)))
  Promise.resolve().then(work).catch(fail)
}

function filesOf(input: HTMLInputElement): readonly File[] {
  return [...(input.files ?? [])]
}

/** A key's file, whatever it looks like: what is wrong with it is said when it is used. */
async function fill(input: HTMLInputElement, field: HTMLTextAreaElement | HTMLInputElement): Promise<void> {
  const [file] = filesOf(input)
  if (file === undefined) return
  if (file.size > KEY_SIZE_MAX) throw new RangeError(`the file has ${file.size} bytes; a key or trust store has at most ${KEY_SIZE_MAX}`)
  const isSecret = field === fields.reader && file.size === 32
  const text = isSecret ? secretText(new Uint8Array(await file.arrayBuffer())) : await textOf(file)
  if (text === undefined) throw new TypeError('the file is no text, so it is no key and no trust store')
  field.value = text
}

function listenToFiles(): void {
  const files = byId('files', HTMLInputElement)
  const [trustFile, readerFile] = [byId('trust-file', HTMLInputElement), byId('reader-file', HTMLInputElement)]
  files.addEventListener('change', () => guarded(async () => take(filesOf(files))))
  trustFile.addEventListener('change', () => guarded(async () => fill(trustFile, fields.trust).then(async () => (source === undefined ? undefined : verify()))))
  readerFile.addEventListener('change', () => guarded(async () => fill(readerFile, fields.reader)))
  const dropping = (is: boolean) => (event: DragEvent): void => {
    event.preventDefault()
    document.body.classList.toggle('dropping', is)
  }
  addEventListener('dragover', dropping(true))
  addEventListener('dragleave', dropping(false))
  addEventListener('drop', (event) => {
    dropping(false)(event)
    const dropped = [...(event.dataTransfer?.files ?? [])]
    if (dropped.length > 0) guarded(async () => take(dropped))
  })
}

function listenToButtons(): void {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    guarded(verify)
  })
  stop.addEventListener('click', () => running?.abort())
  byId('start-over', HTMLButtonElement).addEventListener('click', reset)
  byId('head-show', HTMLButtonElement).addEventListener('click', () => guarded(async () => {
    byId('notes', HTMLElement).replaceChildren()
    const item = headItem('the pasted head', byId('head-text', HTMLTextAreaElement).value)
    if (item.kind === 'source') await show(item.source)
    else if (item.kind === 'refused') showRefused('The pasted head', item)
  }))
}

if ((globalThis.crypto as Crypto | undefined)?.subtle === undefined) {
  const banner = byId('platform', HTMLElement)
  banner.hidden = false
  banner.textContent = 'This browser gives no WebCrypto to this page, so nothing can be verified here. Open the page as a file, or over HTTPS.'
}
listenToFiles()
listenToButtons()
