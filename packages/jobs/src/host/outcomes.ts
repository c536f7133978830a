import type { AttemptOutcome } from '../worker-protocol.js';

/** Why an attempt was stopped that had not ended: its caller's wish, or the end of the agent. */
export type StopReason = 'cancelled' | 'interrupted' | 'forgotten';

/** Returns an outcome without what may be too much of it. */
export function reduced({ result, details, message, ...rest }: AttemptOutcome): AttemptOutcome {
  const isLess = result !== undefined || details !== undefined;
  return {
    ...rest,
    message: isLess
      ? `${message ?? 'it ended'}; its result or details were refused, and are not kept`
      : message,
  };
}
