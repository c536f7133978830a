import { defineErrors } from '@patchbay/objects';

/** Creates the errors of the services beside objects. */
export const serverError = defineErrors({
  WATCHES_EXHAUSTED: [
    'RESOURCE_EXHAUSTED',
    "An address has as many watches of a server's health open as the server allows.",
  ],
});
