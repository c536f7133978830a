export { Client, connect, type ConnectOptions } from './client.js';
export type { Call, CallOptions, MethodSignature, RpcError, SignaturesOf } from '@patchbay/core';
export type { RemoteObject } from '@patchbay/core/wire';
