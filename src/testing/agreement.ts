import { base64urlDecode, base64urlEncode } from '../text.js'
import { p256Known, p256WrongNumbers, p256WrongPoints, x25519Known, x25519Wrong } from './agreement-vectors.js'
import { answerOf, expectBytes, expectUndefined, fail, hex } from './check.js'
import type { Bytes } from '../bytes.js'
import type { AgreementCurve, AgreementPrivateJwk, AgreementPublicJwk, Awaitable, Backend } from '../crypto/backend.js'
import type { Check } from './check.js'

const needs = ['deriveSharedSecret'] as const
const made = ['generateAgreementKey', 'deriveSharedSecret'] as const

export const agreementChecks: readonly Check[] = [
  { name: 'deriveSharedSecret X25519: gives the secrets of RFC 7748', needs, run: agreesX25519 },
  { name: 'deriveSharedSecret X25519: uses nothing but d of the private key', needs, run: ignoresX },
  { name: 'deriveSharedSecret X25519: has no secret with a point of small order, or with u that is not reduced', needs, run: refusesX25519 },
  { name: 'deriveSharedSecret P-256: gives the secret of RFC 5903, from both sides', needs, run: agreesP256 },
  { name: 'deriveSharedSecret P-256: has no secret with what is no point of the curve', needs, run: refusesP256 },
  { name: 'deriveSharedSecret P-256: has no secret for a private number that is none', needs, run: refusesNumbers },
  { name: 'deriveSharedSecret: has no secret of two curves', needs, run: refusesCurves },
  { name: 'generateAgreementKey: makes new keys that agree', needs: made, run: generates },
]

const text = (number: string): string => base64urlEncode(hex(number))
const x25519Public = (u: string): AgreementPublicJwk => ({ kty: 'OKP', crv: 'X25519', x: text(u) })
const x25519Private = (scalar: string, u: string): AgreementPrivateJwk => ({ kty: 'OKP', crv: 'X25519', x: text(u), d: text(scalar) })
const p256Public = ({ x, y }: { readonly x: string; readonly y: string }): AgreementPublicJwk => ({ kty: 'EC', crv: 'P-256', x: text(x), y: text(y) })
const p256Private = (key: { readonly d: string; readonly x: string; readonly y: string }): AgreementPrivateJwk => ({ ...p256Public(key), d: text(key.d) })

/** Alice and Bob of RFC 7748 section 6.1. */
const [, alice, bob] = x25519Known
export const aliceKey = (): AgreementPrivateJwk => x25519Private(alice.scalar, bob.u)
export const bobPublic = (): AgreementPublicJwk => x25519Public(bob.u)

/** The keys of RFC 5903. */
export const p256Pair = (): readonly [AgreementPrivateJwk, AgreementPublicJwk] => [p256Private(p256Known.first), p256Public(p256Known.second)]

export function derive(backend: Backend, key: AgreementPrivateJwk, peer: AgreementPublicJwk): Awaitable<Bytes | undefined> {
  return (backend as Required<Backend>).deriveSharedSecret(key, peer)
}

async function agreesX25519(backend: Backend): Promise<void> {
  await expectBytes('RFC 7748 section 6.1, Alice', () => derive(backend, aliceKey(), x25519Public(alice.u)), hex(alice.secret))
  await expectBytes('RFC 7748 section 6.1, Bob', () => derive(backend, x25519Private(bob.scalar, alice.u), x25519Public(bob.u)), hex(bob.secret))
}

/** The u of the private key is another's. */
async function ignoresX(backend: Backend): Promise<void> {
  const [first] = x25519Known
  for (const u of [first.u, bob.u]) {
    await expectBytes('RFC 7748 section 5.2', () => derive(backend, x25519Private(first.scalar, u), x25519Public(first.u)), hex(first.secret))
  }
}

async function refusesX25519(backend: Backend): Promise<void> {
  for (const [name, u] of x25519Wrong) await expectUndefined(name, () => derive(backend, aliceKey(), x25519Public(u)))
}

async function agreesP256(backend: Backend): Promise<void> {
  const { first, second, secret } = p256Known
  await expectBytes('the first key with the second', () => derive(backend, p256Private(first), p256Public(second)), hex(secret))
  await expectBytes('the second key with the first', () => derive(backend, p256Private(second), p256Public(first)), hex(secret))
}

async function refusesP256(backend: Backend): Promise<void> {
  for (const point of p256WrongPoints) await expectUndefined(point.name, () => derive(backend, p256Private(p256Known.first), p256Public(point)))
}

async function refusesNumbers(backend: Backend): Promise<void> {
  for (const d of p256WrongNumbers) {
    await expectUndefined(`d = ${d}`, () => derive(backend, p256Private({ ...p256Known.first, d }), p256Public(p256Known.second)))
  }
}

async function refusesCurves(backend: Backend): Promise<void> {
  await expectUndefined('X25519 with P-256', () => derive(backend, aliceKey(), p256Public(p256Known.second)))
  await expectUndefined('P-256 with X25519', () => derive(backend, p256Private(p256Known.first), x25519Public(bob.u)))
}

const MEMBERS: Readonly<Record<AgreementCurve, string>> = { X25519: 'crv,d,kty,x', 'P-256': 'crv,d,kty,x,y' }

async function generates(backend: Backend): Promise<void> {
  for (const curve of ['X25519', 'P-256'] as const) {
    const keys = [await newKey(backend, curve), await newKey(backend, curve)] as const
    if (keys[0].d === keys[1].d) fail(`two new keys of ${curve} are the same`)
    const [first, second] = [await answerOf('derive', () => derive(backend, ...keys)), await answerOf('derive', () => derive(backend, keys[1], keys[0]))]
    if (first === undefined || second === undefined) fail(`two new keys of ${curve} have no secret in common`)
    await expectBytes(`the secret of two new keys of ${curve}, from both sides`, () => first, second)
  }
}

async function newKey(backend: Backend, curve: AgreementCurve): Promise<AgreementPrivateJwk> {
  const key = await answerOf('generateAgreementKey', () => (backend as Required<Backend>).generateAgreementKey(curve))
  if (key.crv !== curve || Object.keys(key).sort().join() !== MEMBERS[curve]) fail(`a key of ${curve} must have the members ${MEMBERS[curve]} alone`)
  const numbers = [key.d, key.x, key.kty === 'EC' ? key.y : key.x].map((number) => base64urlDecode(number))
  if (numbers.some((number) => number?.length !== 32)) fail(`a key of ${curve} must have numbers of 32 bytes, base64url without padding`)
  return key
}
