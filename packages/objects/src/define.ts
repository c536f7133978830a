/**
 * Defines, describes and hosts objects. Only this part loads zod, so that programs that only call objects do not.
 *
 * @module @patchbay/objects/define
 */
export {
  endpoint,
  lease,
  metadata,
  metadataChanges,
  nameClaim,
  nameEvent,
  namePage,
  nameRecord,
  nameServerInfo,
  nameServerOptions,
} from './naming/contract.js';
export { accessLevels } from './identity/access.js';
export { type AccessRequest, authorize, isAuthorized } from './identity/authorize.js';
export type { Delegations, Requester } from './identity/delegation.js';
export { certificateTimeError, identityError } from './identity/identity-error.js';
export { levelOf } from './identity/policy.js';
export {
  accessAnswer,
  callerDescription,
  clusterMember,
  enrolledKind,
  enrolment,
  enrolOptions,
  identityStatus,
} from './identity/contract.js';
export {
  fingerprint,
  grantRole,
  namedPrincipal,
  policyChange,
  policyDocument,
  policyEvent,
  policyGrant,
  policyKey,
  policyPrincipal,
  policyRevocation,
  principalNameSchema,
} from './identity/policy-document.js';
export { jobId, jobOutcome, jobReceipt, jobView, outputChunk, runView } from './jobs/contract.js';
export { jobPolicy } from './jobs/policy.js';
export { collectGarbage } from './collect-garbage.js';
export { arg } from './object/arg.js';
export { callback } from './object/callback.js';
export { defineObject, method, property } from './object/define.js';
export { describeMethod, describeObject } from './object/describe.js';
export {
  argDescription,
  methodDescription,
  objectDescription,
  optionDescription,
  propertyDescription,
} from './object/description.js';
export { Dispatcher } from './object/dispatcher.js';
export { AccessControl, type VisibleObject } from './object/access-control.js';
export { type GrantedMethod, HostedObject } from './object/hosted-object.js';
export { objectOf, ownObject } from './object/object-reference.js';
export { masked, secret } from './object/secrets.js';
export { knownKeys, readText, readUnits } from './object/schema-walk.js';
export { bytesSchema, durationSchema, objectName, timestampSchema } from './object/schemas.js';
export { byteStream, streamOf } from './object/streams.js';
export { bindFailure, checkListenAddress } from './check-host.js';
export { defaultListen, type DefaultListenOptions, withRuntimeSocket } from './default-listen.js';
export { directoryTrouble } from './directory-trouble.js';
export { listenFailed } from './listen-failed.js';
export { prepareSocketFile, socketMode } from './socket-file.js';
