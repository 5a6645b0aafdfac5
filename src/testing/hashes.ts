import { answerOf, ascii, checkPlain, checkSame, expectBytes, hex, offsetView, sample } from './check.js'
import { hmacKnown, sha256Known } from './symmetric-vectors.js'
import type { Bytes } from '../bytes.js'
import type { Backend, Hasher } from '../crypto/backend.js'
import type { Check } from './check.js'

/** Length of what is hashed in parts. */
const SAMPLE = 1000

export const hashChecks: readonly Check[] = [
  { name: 'sha256: gives the digests of FIPS 180-4', needs: ['sha256'], run: hashesKnown },
  { name: 'sha256: joins any number of parts, empty ones too', needs: ['sha256'], run: hashesParts },
  { name: 'sha256: reads no more than a view of memory shows, and leaves it alone', needs: ['sha256'], run: hashesViews },
  { name: 'hasher: gives the digests of FIPS 180-4', needs: ['hasher'], run: runsKnown },
  { name: 'hasher: gives the same digest however its input is cut', needs: ['hasher', 'sha256'], run: runsCut },
  { name: 'hasher: keeps no reference to what it was given', needs: ['hasher'], run: runsOverwritten },
  { name: 'hasher: is independent of others that run meanwhile', needs: ['hasher', 'sha256'], run: runsApart },
  { name: 'hmac: gives the results of RFC 4231, for keys shorter and longer than a block', needs: ['hmac'], run: authenticatesKnown },
  { name: 'hmac: reads no more than a view of memory shows, and leaves it alone', needs: ['hmac'], run: authenticatesViews },
]

const knownDigests = (): readonly (readonly [Bytes, Bytes])[] =>
  sha256Known.map(([text, times, digest]) => [ascii(text.repeat(times)), hex(digest)])

async function hashesKnown(backend: Backend): Promise<void> {
  for (const [bytes, digest] of knownDigests()) await expectBytes(`SHA-256 of ${bytes.length} bytes`, () => backend.sha256(bytes), digest)
}

async function hashesParts(backend: Backend): Promise<void> {
  const whole = sample(SAMPLE)
  const digest = await answerOf('SHA-256', () => backend.sha256(whole))
  const [empty, abc] = [new Uint8Array(0), hex(sha256Known[1]?.[2] ?? '')]
  await expectBytes('SHA-256 of no parts', () => backend.sha256(), hex(sha256Known[0]?.[2] ?? ''))
  await expectBytes('SHA-256 of a, empty, b, c, empty', () => backend.sha256(ascii('a'), empty, ascii('b'), ascii('c'), empty), abc)
  await expectBytes('SHA-256 of 1000 parts', () => backend.sha256(...Array.from(whole, (byte) => Uint8Array.of(byte))), digest)
  await expectBytes('SHA-256 of neighbours in memory', () => backend.sha256(whole.subarray(0, 65), whole.subarray(65)), digest)
  await expectBytes('SHA-256 of neighbours, the second first', () => backend.sha256(whole.subarray(3, 6), whole.subarray(0, 3)), await backend.sha256(Uint8Array.of(...whole.subarray(3, 6), ...whole.subarray(0, 3))))
}

async function hashesViews(backend: Backend): Promise<void> {
  for (const [bytes, digest] of knownDigests()) {
    const view = offsetView(bytes)
    await expectBytes(`SHA-256 of a view of ${bytes.length} bytes`, () => backend.sha256(view), digest)
    checkSame('what was hashed', view, bytes)
  }
}

async function digestOf(hasher: Hasher, parts: readonly Bytes[]): Promise<Bytes> {
  return answerOf('a running SHA-256', () => {
    for (const part of parts) hasher.update(part)
    return checkPlain('digest', hasher.digest())
  })
}

async function runsKnown(backend: Backend): Promise<void> {
  for (const [bytes, digest] of knownDigests()) checkSame(`running SHA-256 of ${bytes.length} bytes`, await digestOf(backend.hasher(), [bytes]), digest)
  checkSame('running SHA-256 of nothing', await digestOf(backend.hasher(), []), hex(sha256Known[0]?.[2] ?? ''))
}

async function runsCut(backend: Backend): Promise<void> {
  const whole = sample(SAMPLE)
  const digest = await backend.sha256(whole)
  for (const size of [1, 3, 55, 56, 63, 64, 65, 128, 999]) {
    const parts: Bytes[] = []
    for (let start = 0; start < SAMPLE; start += size) parts.push(offsetView(whole.subarray(start, start + size)), new Uint8Array(0))
    checkSame(`running SHA-256 of parts of ${size} bytes`, await digestOf(backend.hasher(), parts), digest)
  }
}

async function runsOverwritten(backend: Backend): Promise<void> {
  const [hasher, part] = [backend.hasher(), ascii('abc')]
  await answerOf('update', () => hasher.update(part))
  part.fill(0)
  checkSame('running SHA-256 of what was overwritten afterwards', await digestOf(hasher, []), hex(sha256Known[1]?.[2] ?? ''))
}

async function runsApart(backend: Backend): Promise<void> {
  const [one, other] = [backend.hasher(), backend.hasher()]
  const [first, second] = [sample(100, 1), sample(100, 2)]
  await answerOf('update', () => {
    for (let i = 0; i < first.length; i += 10) {
      one.update(first.subarray(i, i + 10))
      other.update(second.subarray(i, i + 10))
    }
  })
  checkSame('the first hasher', await digestOf(one, []), await backend.sha256(first))
  checkSame('the second hasher', await digestOf(other, []), await backend.sha256(second))
}

async function authenticatesKnown(backend: Backend): Promise<void> {
  for (const vector of hmacKnown) {
    for (const hash of ['SHA-256', 'SHA-512'] as const) {
      const [key, message] = [hex(vector.key), ascii(vector.message)]
      await expectBytes(`HMAC-${hash} with a key of ${key.length} bytes`, () => backend.hmac(hash, key, message), hex(vector[hash]))
    }
  }
}

async function authenticatesViews(backend: Backend): Promise<void> {
  for (const vector of hmacKnown) {
    const [key, message] = [offsetView(hex(vector.key)), offsetView(ascii(vector.message))]
    await expectBytes('HMAC of views', () => backend.hmac('SHA-512', key, message), hex(vector['SHA-512']))
    checkSame('the key', key, hex(vector.key))
    checkSame('the message', message, ascii(vector.message))
  }
}
