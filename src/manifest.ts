/** Releases of many files, of which a device fetches what it lacks: for devices, and for servers without a reader key. */
export { EnvelopeError, errorCodes } from './errors.js'
export { openManifest } from './manifest/open-manifest.js'
export type { Encoding } from './compression.js'
export type { FetchObject, ObjectRequest } from './manifest/fetcher.js'
export type { ManifestFile, ManifestObject, OpenedManifest } from './manifest/open-manifest.js'
export type { HaveFile, ManifestPlan, PlannedObject } from './manifest/plan.js'
export type { OpenManifestOptions } from './manifest/policy.js'
export type { InstalledRelease, ReleaseStorage, StoredFile } from './manifest/storage.js'
