import { defineErrors } from './define-errors.js';
import { RpcError } from './rpc-error.js';

/** Creates the framework's own errors. */
export const coreError = defineErrors({
  NAME_INVALID: [
    'INVALID_ARGUMENT',
    'A name has characters, a length or a form that are not allowed for its kind.',
  ],
  ARGUMENT_INVALID: [
    'INVALID_ARGUMENT',
    'An argument does not fit its schema, or cannot be carried; details.path says which.',
  ],
  METADATA_INVALID: [
    'INVALID_ARGUMENT',
    'The metadata of a call has a key or a value that is not allowed, or too many; details.key says which.',
  ],
  FILE_EXPECTED: [
    'INVALID_ARGUMENT',
    'An argument takes the content of a file, but was given what may be its path; details.word is that text.',
  ],
  OUTPUT_REQUIRED: [
    'INVALID_ARGUMENT',
    'A method returns bytes, and the command was not told where to write them.',
  ],
  OUTPUT_FAILED: ['FAILED_PRECONDITION', 'The command cannot write its output.'],
  OUTPUT_FULL: ['RESOURCE_EXHAUSTED', 'There is no space left where the command writes its output.'],
  ARGUMENT_MISSING: ['INVALID_ARGUMENT', 'A required argument was not given.'],
  ARGUMENT_SURPLUS: ['INVALID_ARGUMENT', 'More positional arguments were given than the method has.'],
  OPTION_UNKNOWN: ['INVALID_ARGUMENT', 'The method has no option of this name.'],
  COMMAND_UNUSABLE: [
    'FAILED_PRECONDITION',
    'A command that is an executable of its own exists but cannot be started.',
  ],
  CONFIG_INVALID: [
    'INVALID_ARGUMENT',
    'A configuration file, flag or variable has an invalid value or an unknown key.',
  ],
  AUTHORITY_MISSING: [
    'FAILED_PRECONDITION',
    'A name server, its state directory or its backup has no authority: nameserver start makes one unless it is told --insecure, and so does nameserver init.',
  ],
  TLS_EXPECTED: [
    'UNAUTHENTICATED',
    'What answers at the address speaks plain TCP, which the client was not told to dial; nothing was sent. Give the server an identity, or say --insecure.',
  ],
  SOCKET_PATH_TOO_LONG: [
    'INVALID_ARGUMENT',
    'The path of a socket file has more than the 107 bytes that the system allows.',
  ],
  MESSAGE_MALFORMED: ['INVALID_ARGUMENT', 'A message does not conform to the protocol.'],
  MESSAGE_TOO_LARGE: ['RESOURCE_EXHAUSTED', 'A message is larger than the receiver accepts.'],
  MESSAGE_TOO_COMPLEX: [
    'RESOURCE_EXHAUSTED',
    'A message is nested more deeply, or holds more values, than the receiver accepts; details.limit says which.',
  ],
  MESSAGE_UNFINISHED: [
    'DEADLINE_EXCEEDED',
    'The rest of a message did not arrive in time; details.limit says how long it may take.',
  ],
  MEMORY_EXHAUSTED: [
    'RESOURCE_EXHAUSTED',
    'The server holds as much input for its clients as it may; try again.',
  ],
  CALLS_EXHAUSTED: [
    'RESOURCE_EXHAUSTED',
    'A client has as many calls in flight as the server allows; the library lets further ones wait.',
  ],
  CONCURRENCY_EXHAUSTED: [
    'RESOURCE_EXHAUSTED',
    'A method or an object is running as many calls at once as it allows; details.limit says which.',
  ],
  SESSIONS_EXHAUSTED: ['RESOURCE_EXHAUSTED', 'The server has as many sessions open as it allows.'],
  READER_STALLED: ['RESOURCE_EXHAUSTED', 'The server ended a session whose client did not read its answers.'],
  BATCH_DONE: ['FAILED_PRECONDITION', 'A batch of calls was already run; create another one.'],
  OBJECT_NOT_FOUND: ['NOT_FOUND', 'No object of this name is registered, or the server no longer hosts it.'],
  CONFIRMATION_REQUIRED: [
    'FAILED_PRECONDITION',
    'The method destroys something, and the caller asked to be asked before that; it has not run.',
  ],
  REASON_REQUIRED: [
    'INVALID_ARGUMENT',
    'The method wants to know why it is called, in the metadata "reason": give --reason.',
  ],
  JOB_EXPECTED: [
    'FAILED_PRECONDITION',
    'The method is to be kept as a job, and the caller asked to be told so; it has not run. Submit it to jobs.',
  ],
  METHOD_NOT_FOUND: ['UNIMPLEMENTED', 'The object has no method of this name.'],
  REFERENCE_RELEASED: ['NOT_FOUND', 'The reference to an object was released, or never existed.'],
  REFERENCE_LOST: [
    'UNAVAILABLE',
    'The connection through which a reference to an object was obtained has ended; get a new reference.',
  ],
  REFERENCES_EXHAUSTED: [
    'RESOURCE_EXHAUSTED',
    'A session holds as many references to objects as the server allows.',
  ],
  SUBSCRIPTIONS_EXHAUSTED: [
    'RESOURCE_EXHAUSTED',
    'The methods that a session called keep as many of its functions as the server allows.',
  ],
  SUBSCRIPTION_UNSUPPORTED: [
    'FAILED_PRECONDITION',
    "A method keeps a function of its caller, whose client does not know of that: update the caller's library.",
  ],
  STREAM_FAILED: ['ABORTED', 'A stream that the caller passed could not be read to its end.'],
  CALLBACK_FAILED: ['ABORTED', 'A function that the caller passed failed.'],
  CHECKS_FAILED: [
    'FAILED_PRECONDITION',
    'rpcclient doctor has found something wrong; its rows say what to do.',
  ],
  CALLER_REFUSED: ['PERMISSION_DENIED', 'The server does not allow this caller to use this method.'],
  DEADLINE_PASSED: [
    'DEADLINE_EXCEEDED',
    'The call did not finish within its time limit, or was still waiting to be sent (details.sent is false).',
  ],
  CALL_CANCELLED: ['CANCELLED', 'The caller cancelled the call.'],
  CONNECTION_LOST: ['UNAVAILABLE', 'The connection to the server broke or could not be made.'],
  SERVER_DRAINING: ['UNAVAILABLE', 'The server is shutting down and takes no new calls.'],
  SERVER_STOPPED: [
    'UNAVAILABLE',
    'The server shut down while the call was running; whether the call took effect is unknown.',
  ],
  LISTEN_FAILED: [
    'FAILED_PRECONDITION',
    'The server cannot listen on its address: it is in use, or not an address of this host.',
  ],
  ENDPOINT_LOCAL: [
    'FAILED_PRECONDITION',
    'The object is served on a socket file of another machine alone, and can be called there only.',
  ],
  ENDPOINT_UNTRUSTED: [
    'PERMISSION_DENIED',
    'The object is served on a socket file that others than its server could have put there; it was not opened.',
  ],
  NAMESERVER_UNAVAILABLE: ['UNAVAILABLE', 'The name server cannot be reached.'],
  RESULT_INVALID: [
    'INTERNAL',
    'A method returned a value that its schema does not allow, or that cannot be carried; the server logged it.',
  ],
  SCHEMA_ASYNCHRONOUS: [
    'INTERNAL',
    'A schema of the method checks or converts asynchronously; its author must await in the method instead.',
  ],
  UNEXPECTED: ['INTERNAL', 'The method failed unexpectedly; the server logged the error under the call id.'],
});

/** Returns an `RpcError` as it is; anything else as the cause of an `UNEXPECTED`. */
export function toRpcError(error: unknown): RpcError {
  return error instanceof RpcError
    ? error
    : coreError('UNEXPECTED', 'an unexpected error occurred; see the log', { cause: error });
}
