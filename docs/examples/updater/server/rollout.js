import { createHash } from 'node:crypto'

/**
 * Whether a release is for this device yet. Each device has a place between 0 and 100 that depends on the release, so that it isn't always the
 * same devices that come first; raising the percentage adds devices and keeps those that were in.
 */
export function isInRollout(releaseId, deviceId, percent) {
  const digest = createHash('sha256').update(`${releaseId}\n${deviceId.toLowerCase()}`).digest()
  return (digest.readUInt32BE(0) / 2 ** 32) * 100 < percent
}
