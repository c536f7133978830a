/**
 * The authority of a cluster: issues certificates, keeps hosts, users, tokens and grants, and offers them as an object.
 *
 * @module @patchbay/authority
 */
export { Authority, type AuthorityOptions } from './authority.js';
export { makeFirstTokens, type FirstTokens } from './first-tokens.js';
export { authorityError } from './errors.js';
export { type IdentityAbout, identityObject, type IdentityObject } from './object/identity-object.js';
export type { Issue } from './issuer.js';
export type { MadeToken } from './tokens.js';
