import { defineErrors } from '@patchbay/objects';

/** Creates the errors of identities and of connections over TLS. */
export const secureError = defineErrors({
  IDENTITY_FILE_UNSAFE: [
    'FAILED_PRECONDITION',
    "The file of an identity can be read or replaced by others, or cannot be used: its owner must be the daemon's user or root, its mode 0600.",
  ],
  CA_PIN_MISMATCH: [
    'UNAUTHENTICATED',
    'Who answers is not the name server that made the token: nothing secret was sent. Check the address, and what is in between.',
  ],
  TLS_REQUIRED: [
    'UNAUTHENTICATED',
    'The server takes TLS alone on this address: call with an identity, or by the socket file on its machine.',
  ],
});
