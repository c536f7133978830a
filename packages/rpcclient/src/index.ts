/**
 * Calls objects by name.
 *
 * @module @patchbay/rpcclient
 */
export { type Client, connect, type ConnectOptions, type NameFilter } from './client.js';
export { openTlsIdentity, openUserIdentity } from './open-identity.js';

// All that a program needs to call objects, so that it imports only this package.
export {
  acceptsHoles,
  CallTimings,
  isHole,
  consoleLog,
  isRpcError,
  logCalls,
  nameServerObject,
  parseApiKey,
  readApiKeyFile,
  RpcError,
  silentLog,
  systemClock,
} from '@patchbay/objects';
export type {
  ApiKey,
  ByteSource,
  Hole,
  SparseByteSource,
  Call,
  CallInfo,
  CallMetadata,
  CallOptions,
  Clock,
  Code,
  ConsoleLogOptions,
  Details,
  Interceptor,
  ItemHook,
  ListOptions,
  Log,
  LogFields,
  LoggedCalls,
  LogLevel,
  MethodSignature,
  MethodTiming,
  NameRecord,
  NameServerMethods,
  ObjectReference,
  OneWayOptions,
  PropertyRead,
  PropertySignature,
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
  Keepalive,
  OneWayObject,
  RemoteObject,
  Settled,
} from '@patchbay/session/client';
export type { CurrentIdentity, PkiIdentity, TlsFiles } from '@patchbay/grpc/secure';
