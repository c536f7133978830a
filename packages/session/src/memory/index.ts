/**
 * Connects a client to objects in the same process.
 *
 * @module @patchbay/session/memory
 */
export { connectInMemory, type InMemoryOptions } from './connect-in-memory.js';
export { MemoryTransport, type MemoryTransportOptions } from './memory-transport.js';
