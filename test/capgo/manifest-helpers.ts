import { constants, createCipheriv, createDecipheriv, createHash, privateEncrypt, publicDecrypt, randomBytes } from 'node:crypto'
import { posix } from 'node:path'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import type { CapgoFile, CapgoManifestFile } from '../../src/capgo.js'

const PKCS1 = constants.RSA_PKCS1_PADDING

/** What a plugin has in its folder after it loaded the files of a manifest: written out with node:crypto and node:zlib. */
export function loadedByDevice(
  files: readonly CapgoManifestFile[],
  release: { readonly sessionKey: string; readonly publicKey: string; readonly form: 'V2' | 'V3' },
): Map<string, Buffer> {
  const targets = new Map<string, Buffer>()
  for (const { file_name, file_hash, payload } of files) {
    const isBrotli = file_name.endsWith('.br')
    const target = posix.relative('/app', posix.resolve('/app', isBrotli ? file_name.slice(0, -3) : file_name))
    if (target === '' || /^\.\.(\/|$)/.test(target) || file_name.includes('\\')) throw new Error('manifest_path_fail')
    if (targets.has(target)) throw new Error('Duplicate manifest target path')
    const decrypted = deviceDecrypt(payload, release)
    const content = isBrotli ? deviceDecompress(decrypted) : decrypted
    if (createHash('sha256').update(content).digest('hex') !== deviceChecksum(file_hash, release)) throw new Error('Checksum verification failed')
    targets.set(target, content)
  }
  return targets
}

function deviceDecrypt(payload: Uint8Array, { sessionKey, publicKey }: { readonly sessionKey: string; readonly publicKey: string }): Buffer {
  const [iv = '', key = ''] = sessionKey.split(':')
  const aesKey = publicDecrypt({ key: publicKey, padding: PKCS1 }, Buffer.from(key, 'base64'))
  const decipher = createDecipheriv('aes-128-cbc', aesKey, Buffer.from(iv, 'base64'))
  const content = Buffer.concat([decipher.update(payload), decipher.final()])
  if (content.length === 0) throw new Error('Empty decrypted data')
  return content
}

/** Plugins of the form V3 read hex or base64 of 32 bytes; those before compare the base64 of what was signed with the digest's hex. */
function deviceChecksum(text: string, { publicKey, form }: { readonly publicKey: string; readonly form: 'V2' | 'V3' }): string {
  const isHex = form === 'V3' && /^[0-9a-fA-F]+$/.test(text)
  const value = publicDecrypt({ key: publicKey, padding: PKCS1 }, Buffer.from(text, isHex ? 'hex' : 'base64'))
  return value.toString(form === 'V3' ? 'hex' : 'base64')
}

function deviceDecompress(content: Buffer): Buffer {
  const head = content.subarray(0, 3).toString('hex')
  if (head === '1b0006' && content.length === 3) return Buffer.alloc(0)
  if (content.length > 3 && content.at(-1) === 3 && ['1b0006', '0b0280'].includes(head)) return content.subarray(3, -1)
  return brotliDecompressSync(content)
}

/** A manifest as the Capgo CLI makes it; with `content`, of content that it would not make. */
export function cliManifest(
  files: readonly CapgoFile[],
  privateKey: string,
  form: 'V2' | 'V3',
  content: (bytes: Uint8Array) => { readonly bytes: Uint8Array; readonly isBrotli: boolean } = cliContent,
): { readonly sessionKey: string; readonly entries: CapgoManifestFile[] } {
  const [key, iv] = [randomBytes(16), randomBytes(16)]
  const sign = (value: Uint8Array): Buffer => privateEncrypt({ key: privateKey, padding: PKCS1 }, value)
  const entries = files.map(({ path, bytes }) => {
    const hex = createHash('sha256').update(bytes).digest('hex')
    const made = content(bytes)
    const cipher = createCipheriv('aes-128-cbc', key, iv)
    const name = made.isBrotli ? `${path}.br` : path
    return {
      file_name: name.split('/').map(encodeURIComponent).join('/'),
      file_hash: form === 'V3' ? sign(Buffer.from(hex, 'hex')).toString('hex') : sign(Buffer.from(hex, 'base64')).toString('base64'),
      payload: Buffer.concat([cipher.update(made.bytes), cipher.final()]),
    }
  })
  return { sessionKey: `${iv.toString('base64')}:${sign(key).toString('base64')}`, entries }
}

function cliContent(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly isBrotli: boolean } {
  if (bytes.length < 8192) return { bytes, isBrotli: false }
  const compressed = brotliCompressSync(bytes)
  return compressed.length >= bytes.length - 10 ? { bytes, isBrotli: false } : { bytes: compressed, isBrotli: true }
}

/** All that an iteration gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

/** What an iteration gives before it fails, and the failure. */
export async function untilFailure<T>(items: AsyncIterable<T>): Promise<{ readonly before: T[]; readonly error: Error & { readonly code?: string } }> {
  const before: T[] = []
  try {
    for await (const item of items) before.push(item)
  } catch (error) {
    return { before, error: error as Error }
  }
  throw new Error('the iteration did not fail')
}

/** Whether the files have these bytes at these paths, in this order. */
export function hold(files: readonly CapgoFile[], expected: readonly CapgoFile[]): boolean {
  return files.length === expected.length
    && files.every(({ path, bytes }, i) => path === expected[i]?.path && Buffer.from(bytes).equals(expected[i].bytes))
}

/** Counts what an iteration takes, and whether it was ended. */
export function watched<T>(items: Iterable<T>): AsyncIterable<T> & { taken: number; returned: number } {
  const iterator = items[Symbol.iterator]()
  const state = {
    taken: 0,
    returned: 0,
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        state.taken++
        return iterator.next()
      },
      return: async () => {
        state.returned++
        return { done: true as const, value: undefined }
      },
    }),
  }
  return state
}

/** A file of text that compresses well. */
export const text = (size: number): Buffer => Buffer.alloc(size, 'export const answer = 42\n')
