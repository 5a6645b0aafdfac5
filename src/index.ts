/** Both ends of the V2 bundle envelope; an app bundles `otaseal/device` alone. */
export { checkKeyPair, encryptBundle, generateKeyPair, readerKid } from './build.js'
export { EnvelopeError, decodeHead, errorCodes, joinEnvelope, openEnvelope, splitEnvelope, verifyAndDecrypt } from './device.js'
export type { Backend, EncryptOptions, Envelope, KeyPair, KeyPairType } from './build.js'
export type {
  AbortSignalLike,
  ByteRange,
  CallOptions,
  ChunkSize,
  Claims,
  CryptoKeyLike,
  DecodedHead,
  DecryptedBundle,
  DeviceBackend,
  DeviceOptions,
  EnvelopeInput,
  EnvelopeParts,
  ErrorCode,
  Header,
  HeadInput,
  JwkInput,
  KeyInput,
  OpenOptions,
  OpenedEnvelope,
  Progress,
} from './device.js'
