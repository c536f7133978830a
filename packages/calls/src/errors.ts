import { defineErrors } from '@patchbay/objects';

/** The errors of the call log. */
export const callLogError = defineErrors({
  CALL_LOG_UNAVAILABLE: [
    'UNAVAILABLE',
    'The call log cannot be read or written; the message says why. Calls are served all the same.',
  ],
  REPORTS_EXHAUSTED: [
    'RESOURCE_EXHAUSTED',
    'A server reports more refused calls and changes of identities than it may; the rest is in its own log alone.',
  ],
  SPAN_TOO_LONG: [
    'INVALID_ARGUMENT',
    'Texts are searched within a span of at most 31 days: give since, and until.',
  ],
});
