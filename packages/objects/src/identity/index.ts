/**
 * Who calls: SPIFFE IDs, tokens, what is signed to enrol, and the policy. For servers, and for programs that log in;
 * loads Node's crypto, and no zod.
 *
 * @module @patchbay/objects/identity
 */
export { ClusterPolicy, isUnknownCaller, type UnknownCaller } from './cluster-policy.js';
export { enrolmentMessage, type EnrolmentParts, renewalMessage, type RenewalParts } from './enrolment.js';
export { fingerprintOf, pinOf, readPublicKey } from './fingerprint.js';
export {
  formatSpiffeId,
  type IdentityKind,
  identityKinds,
  isNamedPrincipal,
  type NamedPrincipal,
  parseSpiffeId,
  principalName,
  principalOf,
  type SpiffeId,
} from './spiffe-id.js';
export { type EnrolmentToken, formatToken, maxTokenLength, parseToken } from './token.js';
