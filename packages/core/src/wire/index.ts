export { connectTo } from './client/direct-client.js';
export { ObjectClient, type ObjectClientOptions } from './client/object-client.js';
export { type RemoteObject } from './client/remote-object.js';
export { type Router } from './client/router.js';
export { ObjectServer, type ObjectServerOptions } from './server/grpc-server.js';
