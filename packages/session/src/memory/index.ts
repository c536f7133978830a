/**
 * Joins a client and a server in one process.
 *
 * @module @patchbay/session/memory
 */
export { connectInMemory, type InMemoryOptions } from './connect-in-memory.js';
export { MemoryServer } from './memory-server.js';
