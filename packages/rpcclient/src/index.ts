/**
 * Calls objects by name.
 *
 * @module @patchbay/rpcclient
 */
export { type Client, connect, type ConnectOptions, type NameFilter } from './client.js';

// All that a program needs to call objects, so that it imports only this package.
export {
  CallTimings,
  isRpcError,
  logCalls,
  nameServerObject,
  RpcError,
  systemClock,
} from '@patchbay/objects';
export type {
  ByteSource,
  Call,
  CallInfo,
  CallMetadata,
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
} from '@patchbay/objects';
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
} from '@patchbay/session/client';
