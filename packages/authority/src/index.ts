/**
 * The authority of a cluster: issues certificates, keeps hosts, users, tokens and grants, and offers them as an object.
 *
 * @module @patchbay/authority
 */
export { Authority, type AuthorityOptions, type AuthorityView } from './authority.js';
export { readClusterKey } from './cluster-key.js';
export { type FirstTokens, hasFirstUser, makeAdminToken, makeFirstTokens } from './first-tokens.js';
export { authorityError } from './errors.js';
export { type IdentityAbout, identityObject, type IdentityObject } from './object/identity-object.js';
export type { Issue, OwnPki } from './issuer.js';
export { holdMs, restoredEntries } from './restored.js';
export { makeNewAuthority, type NewAuthority, type NewAuthorityOptions } from './new-authority.js';
export type { MadeToken } from './tokens.js';
