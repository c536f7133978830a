export { type Address, formatAddress, isLoopback, parseAddress, requireLoopback } from './address.js';
export { type Call, type CallOptions, defaultTimeoutMs } from './call.js';
export { type Clock, systemClock } from './clock.js';
export { type Code, codeOfGrpcStatus, grpcStatusOfCode, isCode } from './errors/code.js';
export { coreError } from './errors/core-errors.js';
export { defineErrors, type ErrorFactory, type ErrorTable } from './errors/define-errors.js';
export { errorLine } from './errors/error-line.js';
export { exitStatusOf, exitStatusOfCode, usageExitStatus } from './errors/exit-status.js';
export { type Details, isRpcError, RpcError, type RpcErrorOptions } from './errors/rpc-error.js';
export { type Log, type LogFields, silentLog } from './log.js';
export { objectName, type ObjectName, parseObjectName, quoted } from './names.js';
export * from './naming/contract.js';
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
export { Dispatcher, type Authorize, type DispatcherOptions } from './object/dispatcher.js';
export { describeMethod, describeObject } from './object/describe.js';
export * from './object/description.js';
export { type CallSink, type Invocation, RunningCall } from './object/running-call.js';
export { makeProxy, type Proxy, type Signatures } from './proxy.js';
export { Deadlines, type Expiring } from './deadlines.js';
export { toRpcError } from './errors/to-rpc-error.js';
export { bytesSchema, durationSchema, momentSchema, type Unit } from './object/schemas.js';
export { callSignature, optionSpelling, usageLine } from './object/usage.js';
export { acceptedDurations, formatDuration, parseDuration } from './text/durations.js';
export { acceptedSizes, formatBytes, parseBytes } from './text/sizes.js';
export { jsonText } from './text/json.js';
export { didYouMean, suggest } from './text/suggest.js';
export { resultText } from './text/table.js';
export { displayWidth, escapeControls, escapeLines, padToWidth } from './text/terminal.js';
