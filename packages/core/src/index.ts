/**
 * What the packages share: objects, calls, errors, names. Programs get what they need of it from the server's and the
 * client's packages.
 *
 * @module @patchbay/core
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
export { type Code, codeOfGrpcStatus, grpcStatusOfCode, isCode } from './errors/code.js';
export { coreError } from './errors/core-errors.js';
export { defineErrors, type ErrorFactory, type ErrorTable } from './errors/define-errors.js';
export { errorLine } from './errors/error-line.js';
export { exitStatusOf, exitStatusOfCode, usageExitStatus } from './errors/exit-status.js';
export { type Details, isRpcError, RpcError, type RpcErrorOptions } from './errors/rpc-error.js';
export { type Log, type LogFields, silentLog } from './log.js';
export { type ObjectName, parseObjectName, quoted } from './names.js';
export * from './naming/contract.js';
export { largestPage, listAllNames } from './naming/list-all.js';
export { metadataText, nameRow } from './naming/name-row.js';
export { selectNames } from './naming/selection.js';
export { defaultLeaseMs, nameServerObject } from './naming/name-server.js';
export { findNameServer } from './naming/find-name-server.js';
export { nameServerFailure, noSuchName } from './naming/failure.js';
export { versionedNameIn, versionsOf } from './naming/versions.js';
export { arg, type Arg, type OptionShape } from './object/arg.js';
export { prepareMethod, type PreparedMethod } from './object/bind.js';
export { type CallContext, type Caller } from './object/context.js';
export { defineObject, method } from './object/define.js';
export {
  type MethodDefinition,
  type Methods,
  type MethodSignature,
  type ObjectContext,
  type ObjectDefinition,
  type ObjectFactory,
  type SignaturesOf,
} from './object/definition.js';
export { type Authorize } from './object/authorize.js';
export { logCalls, type LoggedCalls } from './object/call-log.js';
export { CallTimings, type MethodTiming } from './object/call-timings.js';
export { type CallInfo, type Interceptor, type ItemHook } from './object/interceptor.js';
export { type HostedObject } from './object/hosted-object.js';
export { Dispatcher, type DispatcherOptions } from './object/dispatcher.js';
export { describeMethod, describeObject } from './object/describe.js';
export * from './object/description.js';
export { type CallSink, type Invocation, RunningCall } from './object/running-call.js';
export { makeProxy, type ObjectReference, type Proxy, type Signatures } from './proxy.js';
export { Deadlines, type Expiring } from './deadlines.js';
export { toRpcError } from './errors/to-rpc-error.js';
export { bytesSchema, durationSchema, momentSchema, objectName, type Unit } from './object/schemas.js';
export { type ValuesFrom, valuesIn, valuesOf } from './object/values.js';
export { readWords, type ReadWords } from './object/words.js';
export { callback } from './object/callback.js';
export { objectOf, ownObject } from './object/handed-out.js';
export { type ByteSource, byteStream, streamOf } from './object/streams.js';
export { type Word } from './object/streamed-word.js';
export { callSignature, optionSpelling, usageLine } from './object/usage.js';
export { acceptedDurations, formatDuration, parseDuration } from './text/durations.js';
export { acceptedSizes, formatBytes, parseBytes } from './text/sizes.js';
export { jsonText } from './text/json.js';
export { didYouMean, suggest } from './text/suggest.js';
export { itemText, resultText } from './text/table.js';
export { displayWidth, escapeControls, escapeLines, padToWidth } from './text/terminal.js';
