/**
 * Who calls: SPIFFE IDs, tokens, what is signed to enrol, and the policy. For servers, and for programs that log in;
 * loads Node's crypto, and no zod.
 *
 * @module @patchbay/objects/identity
 */
export {
  type ApiKey,
  apiKeyId,
  deriveKey,
  equalMacs,
  formatApiKey,
  makeApiKey,
  maxApiKeyLength,
  parseApiKey,
} from './api-key.js';
export { ApiKeyProver } from './api-key-prover.js';
export {
  type CertificateAndKey,
  type CertificateFiles,
  checkIssuer,
  readCertificate,
  readRoots,
  type TlsFiles,
} from './certificate-files.js';
export { ClusterPolicy } from './cluster-policy.js';
export { FollowedFiles, type FollowedFilesOptions } from './followed-files.js';
export { machineName } from './machine-name.js';
export { isUnknownCaller, type UnknownCaller } from './unknown-caller.js';
export { enrolmentMessage, type EnrolmentParts, renewalMessage, type RenewalParts } from './enrolment.js';
export { fingerprintOf, pinOf, readPublicKey } from './fingerprint.js';
export { identityError } from './identity-error.js';
export { formatServerName, hostOf, parseServerName, type ServerName } from './server-name.js';
export { sessionProof, type SessionTranscript } from './session-proof.js';
export {
  type CallSignature,
  formatSignature,
  parseSignature,
  signatureHeader,
  signatureWindowSeconds,
  signCall,
  signedServerHeader,
  signedText,
  type SignedParts,
  type Signer,
} from './signed-call.js';
export {
  type FindKey,
  type KnownKey,
  type ReceivedCall,
  signatureInvalid,
  SignedCalls,
  type SignedCallsOptions,
} from './signed-calls.js';
export { openSecret, type SealedFor, sealSecret } from './sealing.js';
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
  trustDomain,
} from './spiffe-id.js';
export { readTrustedFile, type TrustedFileOptions } from './trusted-file.js';
export { type EnrolmentToken, formatToken, maxTokenLength, parseToken } from './token.js';
