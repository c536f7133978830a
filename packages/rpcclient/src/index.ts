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
export {
  type ByteSource,
  type Call,
  type CallInfo,
  type CallOptions,
  type Clock,
  type Code,
  type Details,
  type Interceptor,
  type ItemHook,
  type ListOptions,
  type Log,
  type LogFields,
  type LoggedCalls,
  type MethodSignature,
  type MethodTiming,
  type NameRecord,
  type NameServerMethods,
  type ObjectReference,
  type OneWayOptions,
  type Proxy,
  type RpcErrorOptions,
  type Signatures,
  type SignaturesOf,
} from '@patchbay/objects';
export {
  type Batch,
  type BatchedCall,
  type BatchedObject,
  type BatchResults,
  type FanOutCall,
  type FanOutObject,
  type FanOutOptions,
  type FanOutResult,
  type OneWayObject,
  type RemoteObject,
  type Settled,
} from '@patchbay/session/client';
