import { defineErrors } from '@patchbay/objects';

/** Creates the errors of identities and of connections over TLS. */
export const secureError = defineErrors({
  CA_PIN_MISMATCH: [
    'UNAUTHENTICATED',
    'Who answers is not the name server that made the token: nothing secret was sent. Check the address, and what is in between.',
  ],
  TLS_REQUIRED: [
    'UNAUTHENTICATED',
    'The server takes TLS alone on this address: call with an identity, or by the socket file on its machine.',
  ],
});
