/**
 * Calls services as a client that does not know Patchbay does.
 *
 * @module @patchbay/grpc/testing
 */
export { dial, readAll } from './foreign-client.js';
export {
  type CertificateOptions,
  type KeyAndCertificate,
  TestAuthority,
  type TestIdentity,
} from './test-authority.js';
