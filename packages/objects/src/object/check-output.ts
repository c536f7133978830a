import { type z } from 'zod';

import { coreError } from '../errors/core-errors.js';

/**
 * Checks what a method gave against its schema, which also drops what the schema does not declare.
 *
 * @throws RpcError `RESULT_INVALID`; what was wrong with it is the cause, for the log only
 */
export function checkOutput(
  schema: z.ZodType | undefined,
  value: unknown,
  how: 'returned' | 'yielded',
): unknown {
  const checked = schema?.safeParse(value);
  if (checked?.success !== true) {
    throw coreError(
      'RESULT_INVALID',
      `the method ${how} what its schema does not allow; the server's log tells more`,
      {
        cause: checked?.error,
      },
    );
  }
  return checked.data;
}
