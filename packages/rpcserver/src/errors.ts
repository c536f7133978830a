import { defineErrors } from '@patchbay/objects';

/** Creates the errors of the RPC server. */
export const rpcServerError = defineErrors({
  MODULE_NOT_FOUND: ['INVALID_ARGUMENT', 'The module of an object is not where the configuration says.'],
  MODULE_INVALID: [
    'INVALID_ARGUMENT',
    'The module cannot be loaded, or its default export is not a function that returns an object.',
  ],
  OBJECT_FAILED: [
    'FAILED_PRECONDITION',
    'An object could not be created from its options; the message says why.',
  ],
  OBJECT_HOSTED: ['ALREADY_EXISTS', 'The server already hosts an object of this name.'],
  STATE_DIRECTORY_LOCKED: [
    'FAILED_PRECONDITION',
    'Another RPC server uses the state directory; details.pid is its process.',
  ],
  STATE_DIRECTORY_UNUSABLE: ['FAILED_PRECONDITION', 'The state directory cannot be created or written to.'],
});
