/**
 * Releases of many files, of which a device fetches what it lacks: for devices, and for servers without a reader key.
 *
 * @module otaseal/manifest
 */
export { EnvelopeError, errorCodes } from './errors.js'
export { applyManifest } from './manifest/apply.js'
export { httpFetcher } from './manifest/http-fetcher.js'
export { memoryStorage } from './manifest/memory-storage.js'
export { openManifest } from './manifest/open-manifest.js'
export { unusedObjects } from './manifest/unused.js'
export { verifyManifestSet } from './manifest/verify-set.js'
export type { AppliedRelease } from './manifest/apply.js'
export type { ApplyOptions } from './manifest/apply-job.js'
export type { MemoryStorage } from './manifest/memory-storage.js'
export type { Encoding } from './compression.js'
export type { FetchObject, ObjectRequest } from './manifest/fetcher.js'
export type { HttpAnswer } from './manifest/http-answer.js'
export type { HttpBase, HttpFetch, HttpFetcherOptions, HttpRequest, UrlLike } from './manifest/http-fetcher.js'
export type { ManifestFile, ManifestObject, OpenedManifest } from './manifest/open-manifest.js'
export type { HaveFile, ManifestPlan, PlannedCopy, PlannedObject } from './manifest/plan.js'
export type { OpenManifestOptions } from './manifest/policy.js'
export type { InstalledRelease, ReleaseStorage, StoredFile } from './manifest/storage.js'
export type { ObjectDefect, ReadObject, StoredObject } from './manifest/set-object.js'
export type { UsedObjects } from './manifest/unused.js'
export type { DamagedObject, VerifiedManifestSet, VerifyManifestOptions } from './manifest/verify-set.js'
