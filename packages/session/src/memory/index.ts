/**
 * Connects a client to objects in the same process.
 *
 * @module @patchbay/session/memory
 */
export { connectInMemory, type InMemoryOptions } from './connect-in-memory.js';
export { MemoryTransport } from './memory-transport.js';
