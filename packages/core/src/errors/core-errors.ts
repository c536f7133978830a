import { defineErrors } from './define-errors.js';

/** Makes the errors that the framework itself raises. */
export const coreError = defineErrors({
  NAME_INVALID: [
    'INVALID_ARGUMENT',
    'A name has characters, a length or a form that its kind does not allow.',
  ],
  ARGUMENT_INVALID: ['INVALID_ARGUMENT', 'An argument does not fit its schema; details.path says which.'],
  ARGUMENT_MISSING: ['INVALID_ARGUMENT', 'A required argument was not given.'],
  ARGUMENT_SURPLUS: ['INVALID_ARGUMENT', 'More positional arguments were given than the method has.'],
  OPTION_UNKNOWN: ['INVALID_ARGUMENT', 'The method has no option of this name.'],
  CONFIG_INVALID: [
    'INVALID_ARGUMENT',
    'A configuration file, flag or variable has a wrong value or an unknown key.',
  ],
  MESSAGE_MALFORMED: ['INVALID_ARGUMENT', 'A message is not of the form that the protocol gives it.'],
  MESSAGE_TOO_LARGE: ['RESOURCE_EXHAUSTED', 'A message is larger than the receiver accepts.'],
  CALLS_EXHAUSTED: ['RESOURCE_EXHAUSTED', 'A session has as many calls in flight as the server allows.'],
  OBJECT_NOT_FOUND: ['NOT_FOUND', 'No object of this name is registered, or the server no longer hosts it.'],
  METHOD_NOT_FOUND: ['UNIMPLEMENTED', 'The object has no method of this name.'],
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
