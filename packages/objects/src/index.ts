/**
 * What an object is: how it is defined, described, checked and called; errors, names, clock and log.
 *
 * @module @patchbay/objects
 */

// Defining objects
export type { Arg, OptionShape } from './object/arg.js';
export type { Authorize, CallContext } from './object/context.js';
export {
  type CheckContext,
  isObjectDefinition,
  type MethodDefinition,
  type Methods,
  type MethodSignature,
  type NoProperties,
  type ObjectContext,
  type ObjectDefinition,
  type ObjectFactory,
  type Properties,
  type PropertyDefinition,
  type PropertySignature,
  type SignaturesOf,
} from './object/definition.js';
export type { Unit } from './object/schemas.js';
export type { ByteSource, SparseByteSource } from './object/streams.js';

// Describing objects
export type {
  ArgDescription,
  JsonSchema,
  MethodDescription,
  ObjectDescription,
  OptionDescription,
  PropertyDescription,
} from './object/description.js';
export { optionSpelling, usageLine } from './object/usage.js';
export { type ValuesFrom, valuesIn, valuesOf } from './object/values.js';

// Arguments of a command line
export { type ArgvValues, readArgv } from './object/argv.js';
export { ArgumentErrors } from './object/argument-errors.js';
export { issueMessage } from './object/issue-message.js';
export { coercionOf } from './object/coercion.js';
export { type ArgvElement, FileArgument } from './object/file-argument.js';

// Calling objects
export {
  type AnyCallOptions,
  type Call,
  type CallOptions,
  defaultTimeoutMs,
  moreOptions,
  type OneWayOptions,
  type TimeLimit,
} from './call.js';
export {
  type CallMetadata,
  maxMetadataPairs,
  metadataError,
  noMetadata,
  withMetadata,
} from './call-metadata.js';
export { correlationIdError } from './correlation.js';
export { handled } from './handled.js';
export {
  makeProxy,
  type ObjectReference,
  type PropertyRead,
  type Proxy,
  readable,
  reservedMethodNames,
  type Signatures,
} from './proxy.js';

// Defining objects
export { acceptsHoles, type Hole, isHole, zerosOf } from './object/hole.js';
export { isStream } from './object/is-stream.js';

// Who calls
export type { Access } from './identity/access.js';
export { type ApiKey, parseApiKey } from './identity/api-key.js';
export { ApiKeyProver } from './identity/api-key-prover.js';
export { identityError } from './identity/identity-error.js';
export {
  anonymousCaller,
  type Caller,
  type Grant,
  insecureCaller,
  localCaller,
  type Principal,
  type Role,
} from './identity/caller.js';
export { onBehalfOfError } from './identity/delegation.js';
export type {
  AccessAnswer,
  CallerDescription,
  ClusterMember,
  Enrolment,
  IdentityMethods,
  IdentityStatus,
} from './identity/contract.js';
export { jobsError } from './jobs/errors.js';
export type { JobPolicy } from './jobs/policy.js';
export type { JobOutcome, JobReceipt, JobsMethods, JobView, OutputChunk, RunView } from './jobs/contract.js';
export { finalJobStates, isFinalJobState, jobsObjectName, type JobState, jobStates } from './jobs/states.js';
export type {
  PolicyChange,
  PolicyDocument,
  PolicyEvent,
  PolicyGrant,
  PolicyKey,
  PolicyPrincipal,
  PolicyRevocation,
} from './identity/policy-document.js';

// Running calls
export { Deadlines, type Expiring } from './deadlines.js';
export { deadlinePassed } from './errors/deadline.js';
export type { AnsweredCall, CallObserver, CallOutcome } from './object/observer.js';
export { logCalls, type LoggedCalls } from './object/call-log.js';
export { CallTimings, type MethodTiming } from './object/call-timings.js';
export {
  type CallInfo,
  intercepted,
  type Interceptor,
  type ItemHook,
  ItemHooks,
} from './object/interceptor.js';
export { subscribable, type Subscription } from './object/subscription.js';
export { type CallSink, type Deferred, type Invocation, RunningCall } from './object/running-call.js';

// Errors
export { type Code, codeOfGrpcStatus, grpcStatusOfCode, isCode } from './errors/code.js';
export { coreError, toRpcError } from './errors/core-errors.js';
export { defineErrors, type ErrorFactory, type ErrorTable } from './errors/define-errors.js';
export { exitStatusOf, exitStatusOfCode } from './errors/exit-status.js';
export {
  type Details,
  isRpcError,
  RpcError,
  type RpcErrorOptions,
  withAwaitingFrames,
} from './errors/rpc-error.js';

// Names and the name server
export {
  type Address,
  formatAddress,
  isLocal,
  isLoopback,
  isWildcard,
  type Listen,
  parseAddress,
  parseListen,
  parseServerAddress,
  parseTcpAddress,
  type SocketAddress,
  type TcpAddress,
} from './address.js';
export { checkPlainDial, checkPlainListen, type Insecure, warnOfPlainTcp } from './plain-tcp.js';
export { machineId } from './naming/machine.js';
export { type ObjectName, parseObjectName, quoted } from './names.js';
export type {
  Endpoint,
  Lease,
  ListOptions,
  Metadata,
  MetadataChanges,
  NameClaim,
  RegisterOptions,
  NameEvent,
  NamePage,
  NameRecord,
  NameServerInfo,
  NameServerMethods,
} from './naming/contract.js';
export { nameServerFailure, noSuchName } from './naming/failure.js';
export { apiKeyFileVariable, findApiKey, readApiKeyFile } from './naming/api-key-file.js';
export {
  findInsecure,
  findNameServer,
  findTls,
  insecureVariable,
  nameServerSocket,
  nameServerVariable,
  standardNameServer,
  userIdentityFile,
} from './naming/find-name-server.js';
export { listAllNames, maxPageSize, selectNames } from './naming/list-names.js';
export {
  defaultLeaseMs,
  identityObjectName,
  isOfNameServer,
  nameServerCalls,
  nameServerObject,
} from './naming/name-server.js';
export { versionedNameIn, versionsOf } from './naming/versions.js';

// Time and log
export { type Clock, systemClock } from './clock.js';
export { makeDirectory } from './make-directory.js';
export { consoleLog, type ConsoleLogOptions, type LogLevel } from './console-log.js';
export { type Log, type LogFields, silentLog } from './log.js';
export { backoffMs, type BackoffOptions, PeriodicTask, type PeriodicTaskOptions } from './periodic-task.js';

// Text
export { acceptedDurations, formatDuration, parseDuration } from './text/durations.js';
export { kebabCase, unitOf, withoutUnit } from './text/field-name.js';
export { compileGlob, type Glob } from './text/glob.js';
export { defaultMaxValues, maxNesting, parseJson, tooDeep, tooManyValues } from './text/parse-json.js';
export { acceptedSizes, formatBytes, parseBytes } from './text/sizes.js';
export { didYouMean, suggest } from './text/suggest.js';
export { systemErrorText } from './text/system-error.js';
