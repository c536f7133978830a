/**
 * Identities: their file, what servers prove to clients and clients to servers over TLS.
 *
 * @module @patchbay/grpc/secure
 */
export { secureError } from './errors.js';
export { CurrentIdentity, type Identity, type Trust } from './identity.js';
export { openIdentity, readIdentityFile, type StoredIdentity, writeIdentityFile } from './identity-file.js';
export { secureTransport, type SecureTransportOptions } from './secure-transport.js';
export { TlsDialer } from './tls-dialer.js';
