/** What docs/adapters/pkcs11.ts uses of `graphene-pk11`, with its numbers. */
import { createHash } from 'node:crypto'
import { keyFor, signDigest } from './service.js'
import type { KeyObject } from 'node:crypto'

export const MechanismEnum = { SHA256: 0x250 } as const
export const RsaMgf = { MGF1_SHA256: 2 } as const
export const ObjectClass = { PRIVATE_KEY: 3 } as const
export const SessionFlag = { SERIAL_SESSION: 4 } as const

export class RsaPssParams {
  readonly hash: number
  readonly mgf: number
  readonly saltLength: number

  constructor(hash = 0x220, mgf = 1, saltLength = 20) {
    this.hash = hash
    this.mgf = mgf
    this.saltLength = saltLength
  }
}

interface Mechanism {
  readonly name: string
  readonly params: RsaPssParams
}

let isOpen = false

export class Module {
  static load(library: string): Module {
    if (library !== 'softhsm.so') throw new Error(`cannot open ${library}`)
    return new Module()
  }

  initialize(): void {
    if (isOpen) throw new Error('CKR_CRYPTOKI_ALREADY_INITIALIZED')
    isOpen = true
  }

  finalize(): void {
    isOpen = false
  }

  getSlots(): { readonly open: (flags: number) => Session } {
    return { open: () => new Session() }
  }
}

class Session {
  #pin: string | undefined

  login(pin: string): void {
    if (pin !== '1234') throw new Error('CKR_PIN_INCORRECT')
    this.#pin = pin
  }

  find({ class: kind, label }: { readonly class: number; readonly label: string }): { readonly length: number; readonly items: () => object } {
    if (kind !== 3 || this.#pin === undefined) return { length: 0, items: () => ({}) }
    const key = keyFor(label, { label })
    return { length: 1, items: () => ({ toType: () => key }) }
  }

  createSign({ name, params }: Mechanism, key: KeyObject): { readonly once: (data: Buffer) => Buffer } {
    if (name !== 'SHA256_RSA_PKCS_PSS' || params.hash !== 0x250 || params.mgf !== 2) throw new Error('CKR_MECHANISM_PARAM_INVALID')
    return { once: (data) => signDigest(key, createHash('sha256').update(data).digest(), params.saltLength) }
  }
}
