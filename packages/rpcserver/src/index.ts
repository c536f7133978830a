/**
 * Defines objects, hosts them, and registers their names.
 *
 * @module @patchbay/rpcserver
 */
export { rpcServerError } from './errors.js';
export { hostIdentity, joinHost, type JoinOptions } from './join-host.js';
export type {
  Authenticate,
  AuthenticatedCaller,
  CurrentIdentity,
  KeyFiles,
  ShownPeer,
  TlsFiles,
} from '@patchbay/grpc/secure';
export { loadObject, type ObjectEntry } from './load-object.js';
export { RpcServer } from './rpc-server.js';
export type { MakeObject, ObjectChanges, RpcServerOptions } from './server-options.js';

// All that a program needs to define the objects it hosts, so that it imports only this package.
export {
  acceptsHoles,
  type AnsweredCall,
  type Arg,
  type Authorize,
  type ByteSource,
  type CallContext,
  type Caller,
  type CallInfo,
  type CallMetadata,
  type CallObserver,
  type CallOutcome,
  CallTimings,
  type CheckContext,
  type Clock,
  type Code,
  consoleLog,
  type ConsoleLogOptions,
  defineErrors,
  type Details,
  type ErrorFactory,
  type ErrorTable,
  type Grant,
  type Hole,
  type Interceptor,
  isHole,
  isRpcError,
  type ItemHook,
  type Log,
  logCalls,
  type LogFields,
  type LoggedCalls,
  type LogLevel,
  type MethodDefinition,
  type Methods,
  type MethodSignature,
  type MethodTiming,
  type NoProperties,
  type ObjectContext,
  type ObjectDefinition,
  type ObjectFactory,
  type ObjectReference,
  type OptionShape,
  type Principal,
  type Properties,
  type PropertyDefinition,
  type PropertySignature,
  type Role,
  RpcError,
  type RpcErrorOptions,
  type SignaturesOf,
  type SparseByteSource,
  type Subscription,
  silentLog,
  systemClock,
} from '@patchbay/objects';
export {
  arg,
  bytesSchema,
  byteStream,
  callback,
  defineObject,
  durationSchema,
  method,
  timestampSchema,
  objectOf,
  property,
  ownObject,
  secret,
  streamOf,
} from '@patchbay/objects/define';
export type { Keepalive, SessionLimits } from '@patchbay/session/server';
export { z } from 'zod';
