/**
 * What an object is: how it is defined, described, checked and called; errors, names, clock and log.
 *
 * @module @patchbay/objects
 */
export { type Address, formatAddress, isLoopback, parseAddress, requireLoopback } from './address.js';
export {
  type AnyCallOptions,
  type Call,
  type CallOptions,
  defaultTimeoutMs,
  type OneWayOptions,
} from './call.js';
export { type Clock, systemClock } from './clock.js';
export { wrongCorrelationId } from './correlation.js';
export { Deadlines, type Expiring } from './deadlines.js';
export { type Code, codeOfGrpcStatus, grpcStatusOfCode, isCode } from './errors/code.js';
export { coreError } from './errors/core-errors.js';
export { defineErrors, type ErrorFactory, type ErrorTable } from './errors/define-errors.js';
export { exitStatusOf, exitStatusOfCode } from './errors/exit-status.js';
export {
  type Details,
  isRpcError,
  RpcError,
  type RpcErrorOptions,
  withAwaitingFrames,
} from './errors/rpc-error.js';
export { toRpcError } from './errors/to-rpc-error.js';
export { type Log, type LogFields, silentLog } from './log.js';
export { type ObjectName, parseObjectName, quoted } from './names.js';
export {
  endpoint,
  type Endpoint,
  type Lease,
  lease,
  type ListOptions,
  type Metadata,
  metadata,
  type MetadataChanges,
  metadataChanges,
  type NameClaim,
  nameClaim,
  type NameEvent,
  nameEvent,
  type NamePage,
  namePage,
  type NameRecord,
  nameRecord,
  type NameServerInfo,
  nameServerInfo,
  type NameServerMethods,
  nameServerOptions,
  nothing,
  wasThere,
} from './naming/contract.js';
export { nameServerFailure, noSuchName } from './naming/failure.js';
export { findNameServer, nameServerVariable, standardNameServer } from './naming/find-name-server.js';
export { largestPage, listAllNames } from './naming/list-all.js';
export { defaultLeaseMs, nameServerObject } from './naming/name-server.js';
export { selectNames } from './naming/selection.js';
export { versionedNameIn, versionsOf } from './naming/versions.js';
export { arg, type Arg, type OptionShape } from './object/arg.js';
export { type Authorize } from './object/authorize.js';
export { logCalls, type LoggedCalls } from './object/call-log.js';
export { CallTimings, type MethodTiming } from './object/call-timings.js';
export { callback } from './object/callback.js';
export { coercionOf } from './object/coercion.js';
export { type CallContext, type Caller } from './object/context.js';
export { defineObject, method } from './object/define.js';
export {
  isObjectDefinition,
  type MethodDefinition,
  type Methods,
  type MethodSignature,
  type ObjectContext,
  type ObjectDefinition,
  type ObjectFactory,
  type SignaturesOf,
} from './object/definition.js';
export { describeMethod, describeObject } from './object/describe.js';
export {
  type ArgDescription,
  argDescription,
  type JsonSchema,
  type MethodDescription,
  methodDescription,
  objectDescription,
  type ObjectDescription,
  type OptionDescription,
  optionDescription,
} from './object/description.js';
export { Dispatcher } from './object/dispatcher.js';
export { objectOf, ownObject } from './object/handed-out.js';
export { HostedObject } from './object/hosted-object.js';
export {
  type CallInfo,
  intercepted,
  type Interceptor,
  type ItemHook,
  ItemHooks,
} from './object/interceptor.js';
export { type CallSink, type Invocation, type Outcome, RunningCall } from './object/running-call.js';
export { bytesSchema, durationSchema, momentSchema, objectName, type Unit } from './object/schemas.js';
export { StreamedWord } from './object/streamed-word.js';
export { type ByteSource, byteStream, isStream, streamOf } from './object/streams.js';
export { optionSpelling, usageLine } from './object/usage.js';
export { type ValuesFrom, valuesIn, valuesOf } from './object/values.js';
export { readWords, type ReadWords } from './object/words.js';
export {
  makeProxy,
  type ObjectReference,
  type Proxy,
  reservedMethodNames,
  type Signatures,
} from './proxy.js';
export { acceptedDurations, formatDuration, parseDuration } from './text/durations.js';
export { kebabCase, unitOf, withoutUnit } from './text/field-name.js';
export { acceptedSizes, formatBytes, parseBytes } from './text/sizes.js';
export { didYouMean, suggest } from './text/suggest.js';
