/**
 * Calls services as a client that does not know Patchbay.
 *
 * @module @patchbay/grpc/testing
 */
export { dial, readAll } from './foreign-client.js';
