import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, expect } from 'vitest'
import { folderStorage } from '../../src/node.js'
import { temporaryFolder } from '../cli/cli.js'
import type { FolderStorage, InstalledRelease } from '../../src/node.js'

export const isPosix: boolean = process.platform !== 'win32'
export const A = 'a'.repeat(64)
export const B = 'b'.repeat(64)
export const release: InstalledRelease = { releaseId: A, app: 'com.example.app', version: '1.4.0', sequence: 1000, channel: 'production' }

export let folder: string
export let outside: string
export let storage: FolderStorage

beforeEach(() => {
  const work = temporaryFolder()
  folder = join(work, 'releases of the app')
  outside = join(work, 'outside')
  mkdirSync(join(outside, 'sub'), { recursive: true })
  writeFileSync(join(outside, 'precious'), 'precious')
  storage = folderStorage(folder)
})

export const place = (path: string, releaseId = A): string => join(folder, 'releases', releaseId, path)
export const put = async (path: string, text = path, releaseId = A): Promise<void> => storage.write(releaseId, path, Buffer.from(text), 0)

export async function read(path: string, releaseId = A): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of storage.read(releaseId, path)) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

export const files = async (releaseId = A): Promise<Readonly<Record<string, number>>> =>
  Object.fromEntries((await storage.files(releaseId)).map(({ path, size }) => [path, size]))

export function plant(path: string, target: string): void {
  mkdirSync(dirname(place(path)), { recursive: true })
  symlinkSync(target, place(path))
}

export function expectOutsideUntouched(): void {
  expect(readdirSync(outside).sort()).toEqual(['precious', 'sub'])
  expect(readdirSync(join(outside, 'sub'))).toEqual([])
  expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('precious')
}
