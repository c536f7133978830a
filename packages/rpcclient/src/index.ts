/**
 * Calls objects by name.
 *
 * @module @patchbay/rpcclient
 */
export { type Client, connect, type ConnectOptions, type NameFilter } from './client.js';
export type { OutputOptions } from './jobs/follow.js';
export type { JobHandle, RunHandle } from './jobs/job-handle.js';
export type { JobProxy, Jobs, JobsOptions, RunProxy, Runs, RunsOptions } from './jobs/jobs.js';
export type { HostResult } from './jobs/run-results.js';
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
  JobPolicy,
  JobReceipt,
  JobsMethods,
  JobState,
  JobView,
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
  OutputChunk,
  OneWayOptions,
  PropertyRead,
  PropertySignature,
  Proxy,
  RpcErrorOptions,
  RunView,
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
