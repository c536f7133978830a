import { type OperationContext } from '../concurrency/operation.js';
import { type Operations } from '../concurrency/operations.js';

/**
 * Does an operation on two things at once, each of which nothing else may touch meanwhile. The equal operation that is
 * under way on the first is joined.
 *
 * @throws RpcError `OPERATION_PENDING`
 */
export function onBoth<T>(
  operations: Operations,
  request: {
    readonly things: readonly [first: string, second: string];
    readonly kind: string;
    readonly parameters: unknown;
  },
  signal: AbortSignal,
  work: (context: OperationContext<never>) => Promise<T>,
): Promise<T> {
  const { things, kind, parameters } = request;
  const [first, second] = things;
  return operations.run({ thing: first, kind, parameters }, signal, (context) => {
    if (first === second) {
      return work(context);
    }
    // It waits for the work, also when all callers have left, or the first thing would be free too early.
    const untilDone = new AbortController().signal;
    return operations.run({ thing: second, kind, parameters }, untilDone, () => work(context));
  });
}
