/**
 * Both ends of the V2 bundle envelope; an app bundles `otaseal/device` alone.
 *
 * @module otaseal
 */
export { createAlertPolicy } from './alerts.js'
export { addReaders, checkKeyPair, createManifest, encryptBundle, encryptBundleStream, generateKeyPair, readerKid } from './build.js'
export { checkTrustStore, delegate, publicJwk, signTrustUpdate } from './build.js'
export { newestTrust, verifyTrustUpdate } from './device.js'
export { applyManifest, openManifest } from './manifest.js'
export { decryptPrivateKey, encryptPrivateKey, passphraseProtection } from './build.js'
export type { AddReadersOptions, AgreementCurve, AgreementPrivateJwk, AgreementPublicJwk, ReaderInput } from './build.js'
export type { DeviceReader, ReaderKey, ReaderKeyPair, SingleReader } from './device.js'
export type { PassphraseProtection, PasswordBackend } from './build.js'
export {
  EnvelopeError,
  decodeHead,
  errorCodes,
  isPossibleAgreement,
  isPossibleSignature,
  joinEnvelope,
  openEnvelope,
  splitEnvelope,
  verifyAndDecrypt,
  verifyAndDecryptStream,
  verifyEnvelope,
} from './device.js'
export type { Alert, AlertLevel, AlertOptions, AlertReason } from './alerts.js'
export type { Awaitable, GcmOpener, GcmSealer, PrivateJwk, PublicJwk, SignatureAlgorithm, SigningKey, VerifyingKey } from './build.js'
export type { Backend, EncryptOptions, EncryptedStream, Envelope, KeyPair, KeyPairType, SealedEnvelope } from './build.js'
export type {
  AbortSignalLike,
  ByteRange,
  ByteStreamLike,
  ByteStreamReaderLike,
  CallOptions,
  ChunkSize,
  ChunkSpan,
  Claims,
  CryptoKeyLike,
  DecodedHead,
  DecodedLink,
  DecryptedBundle,
  DecryptedChunk,
  DecryptedStream,
  DeviceBackend,
  DeviceOptions,
  EnvelopeInput,
  EnvelopeParts,
  EnvelopeStream,
  ErrorCode,
  Hasher,
  Header,
  HeadInput,
  JwkInput,
  KeyInput,
  OpenOptions,
  OpenedEnvelope,
  Progress,
  ReadableStreamOf,
  VerifiedEnvelope,
  VerifyOptions,
} from './device.js'
export type { EnvelopeEvent, EventListener, EventOptions } from './events.js'
export type { CreateManifestOptions, Encoding, Manifest, ManifestFile, ManifestInput, ManifestInputs, ManifestObject, NewObject, ObjectStore, ObjectWriter, PreviousManifest } from './build.js'
export type { AppliedRelease, ApplyOptions, FetchObject, HaveFile, InstalledRelease, ManifestPlan, ObjectRequest, OpenManifestOptions, OpenedManifest, PlannedCopy, PlannedObject, ReleaseStorage, StoredFile } from './manifest.js'
export type { CheckedTrustStore, DelegateOptions, SignTrustOptions, Signer, SignerInput } from './build.js'
export type {
  KeyMember,
  KeyStatus,
  Scope,
  TrustInput,
  TrustStore,
  TrustStoreKey,
  TrustUpdateInput,
  TrustUpdateOptions,
  VerifiedTrustUpdate,
} from './device.js'
