export { connectTo } from './client/direct-client.js';
export {
  ObjectClient,
  type ObjectClientOptions,
  type RemoteObject,
  type Router,
} from './client/object-client.js';
export { ObjectServer, type ObjectServerOptions } from './server/grpc-server.js';
