import { headerData, headerRows, signerRows } from './header-view.js'
import { sizeText } from './text.js'
import type { Header } from '../index.js'
import type { OpenedManifest } from '../manifest.js'

/** A release of many files, as it is shown. */
interface Release {
  readonly header: Header
  readonly files: readonly unknown[]
  /** Bytes of all files together. */
  readonly size: number
}

/** What a manifest says of its release, for programs. `size` is that of all files, not of their list. */
export function releaseData({ header, files, size }: Release): Readonly<Record<string, unknown>> {
  return { ...headerData(header), size, files: files.length }
}

/** The same as rows for people. */
export function releaseRows({ header, files, size }: Release): readonly (readonly [string, string])[] {
  const rows = headerRows(header).filter(([name]) => name !== 'size' && name !== 'type')
  return [...rows, ['files', `${files.length}, ${sizeText(size)}`]]
}

/** The same of a manifest that was verified, and who signed it. */
export function openedData(manifest: OpenedManifest): Readonly<Record<string, unknown>> {
  return { ...releaseData(manifest), releaseId: manifest.releaseId, signers: manifest.signers }
}

export function openedRows(manifest: OpenedManifest): readonly (readonly [string, string])[] {
  return [...releaseRows(manifest), ...signerRows(manifest.signers)]
}

/** How many objects there are, and how large they are together. */
export function objectsText(count: number, bytes: number): string {
  const objects = `${count} ${count === 1 ? 'object' : 'objects'}`
  return count === 0 ? objects : `${objects}, ${sizeText(bytes)}`
}
