import { beforeEach, expect, it, vi } from 'vitest'
import { decryptFile, encryptFile } from '../../src/node.js'
import { accepting, pattern, sameAs, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { makePlace, makeSink, publishing } from './helpers.js'
import type * as promises from 'node:fs/promises'
import type * as fs from 'node:fs'

/** Each file that was made: the mode that it was made with, and whether something was written to it. */
const made = vi.hoisted((): { mode: number | undefined; path: string; inode: number }[] => [])

vi.mock('node:fs/promises', async (original) => {
  const module = await original<typeof promises>()
  const open: typeof module.open = async (path, flags, mode) => {
    const handle = await module.open(path, flags, mode)
    if (flags !== 'r') made.push({ mode: Number(mode), path: String(path), inode: (await handle.stat()).ino })
    return handle
  }
  return { ...module, open }
})

vi.mock('node:fs', async (original) => {
  const module = await original<typeof fs>()
  const openSync: typeof module.openSync = (path, flags, mode) => {
    const file = module.openSync(path, flags, mode)
    if (flags !== 'r') made.push({ mode: Number(mode), path: String(path), inode: module.fstatSync(file).ino })
    return file
  }
  return { ...module, openSync }
})

const signer = freshEd25519()
const bundle = pattern(50_000)

beforeEach(() => void made.splice(0))

it.skipIf(process.platform === 'win32')('a file that will hold something is made for its owner alone: who opened it before keeps it open', async () => {
  const place = makePlace()
  const envelope = place.put('envelope', (await seal(signer, bundle)).toBytes())
  place.put('private', 'old', 0o600)
  await decryptFile(envelope, place.path('private'), { ...accepting(signer), overwrite: true })
  await encryptFile(place.path('private'), makeSink().write, publishing(signer))
  expect(place.read('private')).toSatisfy(sameAs(bundle))

  const { statSync } = await vi.importActual<typeof fs>('node:fs')
  const { ino } = statSync(place.path('private'))
  expect(made.filter(({ inode }) => inode === ino).map(({ mode }) => mode)).toEqual([0o600])
})
