/**
 * Identities: their file, what servers prove to clients and clients to servers over TLS.
 *
 * @module @patchbay/grpc/secure
 */
export { secureError } from './errors.js';
export { enrol, type Enrolled, type EnrolOptions } from './enrol.js';
export { CurrentIdentity } from './identity.js';
export { openIdentity, readIdentityFile, type StoredIdentity, writeIdentityFile } from './identity-file.js';
export { secureTransport, type SecureTransportOptions, unverifiedTransport } from './secure-transport.js';
export { type ProbedServer, probeServer } from './probe-server.js';
export { type KeyFiles, publicKeyOf, readKeyPair } from './keys.js';
export { type AskedAuthority, withAuthority } from './name-server-identity.js';
export type { Authenticate, AuthenticatedCaller, ShownPeer } from './peer-identity.js';
export { PkiIdentity, type PkiIdentityOptions, readPkiIdentity } from './pki-identity.js';
export { writePrivateFile } from './private-file.js';
export { needsRenewal, RenewalLoop, type RenewalLoopOptions } from './renewal-loop.js';
export { renewIdentity } from './renew.js';
export { TlsDialer } from './tls-dialer.js';
export type { Identity, Trust } from './trust.js';
export type { TlsFiles } from '@patchbay/objects/identity';
export { openCommandIdentity, openTlsIdentity, openUserIdentity } from './user-identity.js';
