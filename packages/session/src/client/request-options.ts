import type { AnyCallOptions } from '@patchbay/objects';

/** The options of a call, as the parts of a client pass them on. */
export type RequestOptions = AnyCallOptions & {
  /** Whether the calls that follow in this turn of the event loop share the call's message. */
  readonly inBatch?: boolean;
  /** Whether a property is read, so that a method of this name must not run. */
  readonly isRead?: boolean;
};
