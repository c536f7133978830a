import { defineErrors } from './define-errors.js';
import { RpcError } from './rpc-error.js';

/** Makes the errors that the framework itself raises. */
export const coreError = defineErrors({
  NAME_INVALID: [
    'INVALID_ARGUMENT',
    'A name has characters, a length or a form that its kind does not allow.',
  ],
  ARGUMENT_INVALID: ['INVALID_ARGUMENT', 'An argument does not fit its schema; details.path says which.'],
  FILE_EXPECTED: [
    'INVALID_ARGUMENT',
    'An argument takes the content of a file, and the word given for it may be its path; details.word is that word.',
  ],
  OUTPUT_REQUIRED: [
    'INVALID_ARGUMENT',
    'A method gives bytes, and the command was not told where to write them.',
  ],
  OUTPUT_FAILED: ['FAILED_PRECONDITION', 'The command cannot write the file for what a method gives.'],
  ARGUMENT_MISSING: ['INVALID_ARGUMENT', 'A required argument was not given.'],
  ARGUMENT_SURPLUS: ['INVALID_ARGUMENT', 'More positional arguments were given than the method has.'],
  OPTION_UNKNOWN: ['INVALID_ARGUMENT', 'The method has no option of this name.'],
  COMMAND_UNUSABLE: [
    'FAILED_PRECONDITION',
    'A command that is a program of its own is there, and cannot be started.',
  ],
  CONFIG_INVALID: [
    'INVALID_ARGUMENT',
    'A configuration file, flag or variable has a wrong value or an unknown key.',
  ],
  MESSAGE_MALFORMED: ['INVALID_ARGUMENT', 'A message is not of the form that the protocol gives it.'],
  MESSAGE_TOO_LARGE: ['RESOURCE_EXHAUSTED', 'A message is larger than the receiver accepts.'],
  CALLS_EXHAUSTED: ['RESOURCE_EXHAUSTED', 'A session has as many calls in flight as the server allows.'],
  CONCURRENCY_EXHAUSTED: [
    'RESOURCE_EXHAUSTED',
    'A method or an object runs as many calls at once as it allows; details.limit says which of them.',
  ],
  SESSIONS_EXHAUSTED: ['RESOURCE_EXHAUSTED', 'The server has as many sessions open as it allows.'],
  READER_STALLED: [
    'RESOURCE_EXHAUSTED',
    'The server ended a session whose client did not read the answers that it was owed.',
  ],
  BATCH_DONE: ['FAILED_PRECONDITION', 'A batch of calls was run already; make another one.'],
  OBJECT_NOT_FOUND: ['NOT_FOUND', 'No object of this name is registered, or the server no longer hosts it.'],
  METHOD_NOT_FOUND: ['UNIMPLEMENTED', 'The object has no method of this name.'],
  REFERENCE_RELEASED: ['NOT_FOUND', 'The object that a method handed out was released, or never handed out.'],
  REFERENCE_LOST: [
    'UNAVAILABLE',
    'The connection by which an object was handed out is over: ask for the object again.',
  ],
  REFERENCES_EXHAUSTED: [
    'RESOURCE_EXHAUSTED',
    'A session holds as many objects that were handed out as the server allows.',
  ],
  STREAM_FAILED: ['ABORTED', 'A stream that the caller passed could not be read to its end.'],
  CALLBACK_FAILED: ['ABORTED', 'A function that the caller passed failed.'],
  CALLER_REFUSED: ['PERMISSION_DENIED', 'The server does not let this caller use this method.'],
  DEADLINE_PASSED: ['DEADLINE_EXCEEDED', 'The call did not finish within its timeout.'],
  CALL_CANCELLED: ['CANCELLED', 'The caller cancelled the call.'],
  CONNECTION_LOST: ['UNAVAILABLE', 'The connection to the server broke or could not be made.'],
  SERVER_DRAINING: ['UNAVAILABLE', 'The server is shutting down and takes no new calls.'],
  SERVER_STOPPED: [
    'UNAVAILABLE',
    'The server shut down while the call ran; whether its work was done is not known.',
  ],
  LISTEN_FAILED: [
    'FAILED_PRECONDITION',
    'The server cannot listen on its address: it is taken or not of this host.',
  ],
  NAMESERVER_UNAVAILABLE: ['UNAVAILABLE', 'The name server cannot be reached.'],
  RESULT_INVALID: ['INTERNAL', 'A method returned what its schema does not allow; the server logged it.'],
  UNEXPECTED: [
    'INTERNAL',
    'The method failed in a way it does not declare; the server logged it under the call id.',
  ],
});

/** Gives an `RpcError` as it is; anything else becomes `UNEXPECTED`, with the original as its cause. */
export function toRpcError(error: unknown): RpcError {
  return error instanceof RpcError
    ? error
    : coreError('UNEXPECTED', 'something failed unexpectedly; the log tells more', { cause: error });
}
