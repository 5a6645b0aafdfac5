/**
 * For authors of backends: the contract, and the tests that any backend can be run against.
 *
 * @module otaseal/testing
 */
export { backendTests, checkBackend } from './testing/backend-tests.js'
export type { Bytes } from './bytes.js'
export type {
  AgreementCurve,
  AgreementPrivateJwk,
  AgreementPublicJwk,
  Awaitable,
  Backend,
  DeviceBackend,
  GcmOpener,
  GcmSealer,
  Hasher,
  HashingDeviceBackend,
  PasswordBackend,
  PrivateJwk,
  PublicJwk,
  RsaPrivateJwk,
  RsaPublicJwk,
  SignatureAlgorithm,
  SigningKey,
  VerifyingKey,
} from './crypto/backend.js'
export type { BackendReport, BackendTest, BackendTestOptions } from './testing/backend-tests.js'
