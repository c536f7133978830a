/**
 * Calls objects by name.
 *
 * @module @patchbay/rpcclient
 */
export { Client, connect, type ConnectOptions } from './client.js';
export { type NameFilter } from './matching-names.js';

// What a program needs to call objects, so that it imports this package alone.
export { CallTimings, isRpcError, logCalls, nameServerObject, RpcError, systemClock } from '@patchbay/core';
export type {
  ByteSource,
  Call,
  CallInfo,
  CallOptions,
  Clock,
  Code,
  Details,
  Interceptor,
  ItemHook,
  ListOptions,
  Log,
  LogFields,
  LoggedCalls,
  MethodSignature,
  MethodTiming,
  NameRecord,
  NameServerMethods,
  ObjectReference,
  OneWayOptions,
  Proxy,
  RpcErrorOptions,
  Signatures,
  SignaturesOf,
} from '@patchbay/core';
export { connectInMemory, type InMemoryOptions } from '@patchbay/core/wire';
export type {
  Batch,
  BatchedCall,
  BatchedObject,
  BatchResults,
  FanOutCall,
  FanOutObject,
  FanOutOptions,
  FanOutResult,
  OneWayObject,
  RemoteObject,
  Settled,
} from '@patchbay/core/wire';
