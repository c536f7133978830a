/**
 * Defines objects, hosts them, and registers their names.
 *
 * @module @patchbay/rpcserver
 */
export { rpcServerError } from './errors.js';
export { loadObject, type ObjectEntry } from './load-object.js';
export { type MakeObject } from './open-objects.js';
export { RpcServer } from './rpc-server.js';
export { type ObjectChanges, type RpcServerOptions } from './server-options.js';

// What a program needs to define the objects that it hosts, so that it imports this package alone.
export {
  type Arg,
  arg,
  type Authorize,
  type ByteSource,
  bytesSchema,
  byteStream,
  callback,
  type CallContext,
  type Caller,
  type CallInfo,
  CallTimings,
  type Clock,
  type Code,
  defineErrors,
  defineObject,
  type Details,
  durationSchema,
  type ErrorFactory,
  type ErrorTable,
  type Interceptor,
  isRpcError,
  type ItemHook,
  type Log,
  logCalls,
  type LogFields,
  type LoggedCalls,
  method,
  type MethodDefinition,
  type Methods,
  type MethodSignature,
  type MethodTiming,
  timestampSchema,
  type ObjectContext,
  type ObjectDefinition,
  type ObjectFactory,
  objectOf,
  type ObjectReference,
  type OptionShape,
  ownObject,
  RpcError,
  type RpcErrorOptions,
  type SignaturesOf,
  streamOf,
  systemClock,
} from '@patchbay/objects';
export { type SessionLimits } from '@patchbay/session/server';
export { z } from 'zod';
