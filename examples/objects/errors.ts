import { defineErrors } from '@patchbay/rpcserver';

/** Creates the errors that callers of the depot see. */
export const depotError = defineErrors({
  ITEM_NOT_FOUND: ['NOT_FOUND', 'The depot has no item of this name.'],
  ITEM_TOO_LARGE: ['RESOURCE_EXHAUSTED', 'The item is larger than the depot accepts.'],
});
