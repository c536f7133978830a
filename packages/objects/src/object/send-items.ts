import { checkOutput } from './check-output.js';
import { type PreparedMethod } from './bind.js';
import { type RunningCall } from './running-call.js';

/** Sends what a method yields while somebody waits for it, and gives what it returns: nothing when it was left early. */
export async function sendItems(
  call: RunningCall,
  { definition }: PreparedMethod,
  steps: AsyncGenerator<unknown, unknown, undefined>,
): Promise<unknown> {
  try {
    for (;;) {
      const step = await steps.next();
      if (step.done === true) {
        return step.value;
      }
      if (!call.ended) {
        await call.item(checkOutput(definition.yields, step.value, 'yielded'));
      }
      if (call.ended) {
        return undefined;
      }
    }
  } finally {
    await steps.return(undefined); // runs the method's own finally blocks when it was left early
  }
}
