/**
 * Keeps the registry of names.
 *
 * @module @patchbay/nameserver
 */
export { nameServerError } from './errors.js';
export { withNameServer } from './client.js';
export { nameServerObject, type NameServerObject } from './object.js';
export { nameServerLimits } from './limits.js';
export { pageLimits } from './list-names.js';
export { isOwnName, mayRegister } from './host-names.js';
export { leaseBounds, maxClaims } from './registrar.js';
export { maxReservations } from './reservations.js';
export { CallersNames } from './callers-names.js';
export { askStatus } from './ask-status.js';
export { initAuthority, type InitAuthorityOptions, type NewAuthority } from './init-authority.js';
export { clusterKeyFile } from './own-identity.js';
export { renewAuthority, type RenewAuthorityOptions, type RenewedAuthority } from './renew-authority.js';
export { restoreRegistry, type RestoreOptions, type RestoredRegistry } from './restore-registry.js';
export { Registry, type RegistryOptions } from './registry.js';
export { NameServer, type NameServerOptions, startNameServer } from './server.js';
