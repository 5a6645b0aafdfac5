// A web app that people really ship, as files and as a ZIP file.
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { unzipSync, zipSync } from 'fflate'
import { check, sameBytes } from './util.mjs'

/** The build output of Swagger UI, as its makers publish it. */
export const appFolder = packageFolder('swagger-ui-dist')

/** The same of the release before it. */
export const previousAppFolder = packageFolder('swagger-ui-dist-previous')

function packageFolder(name) {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
}

/** Every file below `folder`, by its path with forward slashes. */
export function readFolder(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = entries.map((entry) => join(entry.parentPath, entry.name))
  const named = paths.map((path) => [path.slice(folder.length + 1).replaceAll('\\', '/'), new Uint8Array(readFileSync(path))])
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The same bytes for the same files: names in order, and one time for all. Level 0 only stores them. */
export function zipFiles(files, level = 6) {
  return zipSync(files, { level, mtime: new Date(1980, 0, 1) })
}

/** Refuses a ZIP file that doesn't hold exactly `files`, byte for byte. */
export function compareZip(zip, files, what) {
  const unpacked = Object.fromEntries(Object.entries(unzipSync(zip)).filter(([name]) => !name.endsWith('/')))
  compareFiles(unpacked, files, `${what}: the ZIP file`)
}

/** Refuses files that are not exactly `files`, byte for byte. */
export function compareFiles(came, files, what) {
  const names = Object.keys(files)
  check(sameNames(Object.keys(came), names), `${what} has other files than the folder`)
  for (const name of names) check(sameBytes(came[name], files[name]), `${what}: ${name} came back changed`)
}

export function totalSize(files) {
  return Object.values(files).reduce((sum, { length }) => sum + length, 0)
}

function sameNames(a, b) {
  return JSON.stringify([...a].sort()) === JSON.stringify([...b].sort())
}
