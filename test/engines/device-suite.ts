import { verifyAndDecrypt, verifyEnvelope, verifyTrustUpdate } from 'otaseal/device'
import { callTests } from './device-calls.js'
import { expectCode, failure } from './device-checks.js'
import { modes, optionsOf, streamOf } from './device-modes.js'
import { bundleBytes, bytesOf, trustUpdates, vectors } from './device-vectors.js'
import type { DeviceBackend, TrustStore } from 'otaseal/device'
import type { EngineTest } from './contract.js'
import type { Mode, Released } from './device-modes.js'
import type { TrustVector, Vector } from './device-vectors.js'

/**
 * What a device must do with each vector, in each way that the engine has: its own tests, in need of nothing but the language.
 * Left out: the backend that the engine chooses. Without WebCrypto that is none, and only this is tested.
 */
export function deviceSuite(backend?: DeviceBackend): EngineTest[] {
  const withoutCrypto = hasWebCrypto() ? [] : [unavailableTest]
  if (backend === undefined && !hasWebCrypto()) return withoutCrypto
  return [
    ...withoutCrypto,
    ...deviceTests(vectors, backend),
    ...trustUpdates.map((vector) => trustTest(vector, backend)),
    ...callTests(backend),
  ]
}

/** Each envelope in each way that the engine has, and as a server sees it. */
export function deviceTests(envelopes: readonly Vector[], backend: DeviceBackend | undefined): EngineTest[] {
  return [
    ...modes.flatMap((mode) => envelopes.filter((vector) => mode.takes(vector, backend)).map((vector) => vectorTest(mode, vector, backend))),
    ...envelopes.map((vector) => serverTest(vector, backend)),
  ]
}

function hasWebCrypto(): boolean {
  return (globalThis as { readonly crypto?: { readonly subtle?: unknown } }).crypto?.subtle !== undefined
}

const unavailableTest: EngineTest = {
  name: 'without WebCrypto and a backend: backend-unavailable, and the message names otaseal/noble',
  run: async () => {
    const [vector] = vectors as [Vector]
    const error = await failure(verifyAndDecrypt(bytesOf(vector.input), optionsOf(vector, undefined)))
    expectCode(error, 'backend-unavailable')
    if (!String(error).includes('otaseal/noble')) throw new Error(`the message does not name it: ${String(error)}`)
  },
}

function vectorTest(mode: Mode, vector: Vector, backend: DeviceBackend | undefined): EngineTest {
  return {
    name: `${mode.name}: ${vector.name}`,
    run: async () => {
      const released: Released[] = []
      const error = await failure(mode.run(bytesOf(vector.input), optionsOf(vector, backend), (part) => void released.push(part)))
      expectCode(error, vector.code)
      checkReleased(released, vector)
    },
  }
}

/** All that came out is good; of an accepted envelope it is the whole bundle, of a refused one no more than may be. */
function checkReleased(released: readonly Released[], { output, released: most = 0 }: Vector): void {
  const total = released.reduce((sum, { bytes }) => sum + bytes.length, 0)
  if (output === undefined ? total > most : total !== output.size) {
    throw new Error(`${total} bytes came out, of ${output === undefined ? `${most} at most` : output.size}`)
  }
  const whole = bundleBytes(Math.max(output?.size ?? most, ...released.map(({ at, bytes }) => at + bytes.length)))
  const seen = new Set<number>()
  for (const { at, bytes } of released) {
    if (seen.has(at) && bytes.length > 0) throw new Error(`what is at ${at} came out twice`)
    seen.add(at)
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== whole[at + i]) throw new Error(`byte ${at + i} is another`)
  }
}

/** A server checks all that can be checked without a reader key. */
function serverTest(vector: Vector, backend: DeviceBackend | undefined): EngineTest {
  return {
    name: `server: ${vector.name}`,
    run: async () => {
      const options = { ...optionsOf(vector, backend), reader: undefined }
      const error = await failure(verifyEnvelope(streamOf(bytesOf(vector.input), 5000), options))
      expectCode(error, vector.serverAccepts === true ? undefined : vector.code)
    },
  }
}

function trustTest({ name, input, options, code, output }: TrustVector, backend: DeviceBackend | undefined): EngineTest {
  return {
    name: `trust update: ${name}`,
    run: async () => {
      let found: TrustStore | undefined
      expectCode(await failure(verifyTrustUpdate(bytesOf(input), { ...options, backend }).then(({ trust }) => (found = trust))), code)
      const size = found && JSON.stringify(found).length
      if (size !== output?.size) throw new Error(`the new trust store takes ${String(size)} bytes, not ${String(output?.size)}`)
    },
  }
}
