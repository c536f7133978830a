/**
 * Joins a client and objects in one process, for tests of objects and of programs that call them.
 *
 * @module @patchbay/rpcclient/testing
 */
export { connectInMemory, type InMemoryOptions } from '@patchbay/session/memory';
