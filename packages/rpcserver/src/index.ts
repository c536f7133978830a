export { rpcServerError } from './errors.js';
export { loadObject, type ObjectEntry } from './load-object.js';
export { type MakeObject, RpcServer, type RpcServerOptions } from './rpc-server.js';
