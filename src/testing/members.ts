import { fail } from './check.js'
import type { Backend, DeviceBackend } from '../crypto/backend.js'
import type { Check } from './check.js'

type Member = keyof Backend

/** What a device needs. */
const DEVICE: readonly Member[] = ['sha256', 'hmac', 'gcmOpener', 'unwrapKey', 'verify']

/** What a publisher needs besides. */
const PUBLISHER: readonly Member[] = ['hasher', 'randomBytes', 'gcmSealer', 'wrapKey', 'sign', 'ed25519PublicKey', 'generateKey']

/** What may be left out. */
const OPTIONAL: readonly Member[] = ['release', 'deriveSharedSecret', 'generateAgreementKey', 'passwords']

const LANES_MAX = 64

/** Whether an object is meant to be a full backend: only a publisher signs. */
export function isPublisher(backend: DeviceBackend): backend is Backend {
  return typeof (backend as Partial<Backend>).sign === 'function'
}

/** The members that are not there and so are not tested. */
export function missingMembers(backend: DeviceBackend, publisher: boolean): readonly Member[] {
  const known = publisher ? [...PUBLISHER, ...OPTIONAL] : (['hasher', 'release', 'deriveSharedSecret'] as const)
  return known.filter((name) => (backend as Partial<Backend>)[name] === undefined)
}

/** What is wrong with the object itself. */
export function memberChecks(publisher: boolean): readonly Check[] {
  const needed = publisher ? [...DEVICE, ...PUBLISHER] : DEVICE
  return [
    { name: `backend: has every method that ${publisher ? 'publishers' : 'devices'} need`, needs: [], run: async (backend) => checkMethods(backend, needed) },
    { name: 'backend: has a name, and lanes from 1 to 64', needs: [], run: async (backend) => checkFields(backend) },
  ]
}

function checkMethods(backend: Backend, needed: readonly Member[]): void {
  const missing = needed.filter((name) => typeof backend[name] !== 'function')
  if (missing.length > 0) fail(`no such method: ${missing.join(', ')}`)
  const others = [...DEVICE, ...PUBLISHER, ...OPTIONAL].filter((name) => name !== 'passwords' && backend[name] !== undefined)
  const wrong = others.filter((name) => typeof backend[name] !== 'function')
  if (wrong.length > 0) fail(`neither a method nor left out: ${wrong.join(', ')}`)
}

function checkFields({ name, lanes }: Backend): void {
  if (typeof name !== 'string' || name === '') fail('name must be a text that is not empty')
  if (!Number.isInteger(lanes) || lanes < 1 || lanes > LANES_MAX) fail(`lanes must be a whole number from 1 to ${LANES_MAX}, but is ${String(lanes)}`)
}
