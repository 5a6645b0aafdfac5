import { EnvelopeError } from '../errors.js'
import { readsForm } from './checksum.js'
import { checkReadsDelta, checksumFormOf, keepsCompressed } from './plugin-version.js'
import type { CapgoChecksumForm } from './checksum.js'

/** @throws EnvelopeError `unsupported` where this plugin refuses checksums of this form, or nobody knows what it reads */
export function checkReadsForm(pluginVersion: string, form: CapgoChecksumForm): void {
  const read = checksumFormOf(pluginVersion)
  if (readsForm(read, form)) return
  throw new EnvelopeError(
    'unsupported',
    `plugins of this version read checksums of the form ${read} and would refuse this one of the form ${form}: encrypt for them too, and choose by plugin_version which release a device gets`,
  )
}

/**
 * The words are the same for all versions, so that they can be said once for many.
 *
 * @param pluginVersion one that `checksumFormOf` takes
 * @throws EnvelopeError `unsupported` where this plugin can't load a release file by file
 */
export function checkReadsManifest(pluginVersion: string): void {
  try {
    checkReadsDelta(pluginVersion)
  } catch (cause) {
    if (!(cause instanceof EnvelopeError)) throw cause
    throw new EnvelopeError('unsupported', "plugins of this version can't load a release file by file: answer them without the manifest, with the ZIP alone", { cause })
  }
}

/**
 * The words are the same for all versions here too.
 *
 * @param pluginVersion one that reads manifests
 * @throws EnvelopeError `unsupported` where this plugin loses compressed files
 */
export function checkKeepsCompressed(pluginVersion: string): void {
  if (keepsCompressed(pluginVersion)) return
  throw new EnvelopeError(
    'unsupported',
    'plugins of this version keep a compressed file (.br) that did not change under its compressed name, so that the app misses it from the second update file by file on: ' +
      'publish with compress: false, or answer them without the manifest',
  )
}
