export { connectTo } from './client/direct-client.js';
export { ObjectClient, type ObjectClientOptions, type RemoteObject } from './client/object-client.js';
export { type Router } from './client/router.js';
export { ObjectServer, type ObjectServerOptions } from './server/grpc-server.js';
