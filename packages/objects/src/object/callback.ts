import { z } from 'zod';

import { coreError } from '../errors/core-errors.js';
import { handled } from '../handled.js';
import { requireZod } from './check-schemas.js';
import { type Given, OutputSchema, type Received } from './output.js';
import { noteHandle, outputSide } from './schema-parts.js';
import { subscribable, subscribeOf } from './subscription.js';

type GivenTo<A extends readonly z.ZodType[]> = { -readonly [K in keyof A]: Given<A[K]> };
type ReceivedBy<A extends readonly z.ZodType[]> = { -readonly [K in keyof A]: Received<A[K]> };

/**
 * Returns the schema of a function among a method's arguments: the method may call it any number of times during the
 * call, or for longer with `context.subscribe`, and it runs at the caller. `returns` checks its result; the method sees
 * what it throws as an `RpcError`, and need not await it: a failure that the method ignores is logged at `debug`.
 *
 * @param args the schemas of the function's arguments
 */
export function callback<const A extends readonly z.ZodType[], R extends z.ZodType>(
  args: A,
  returns: R,
): z.ZodType<
  (...args: GivenTo<A>) => Promise<z.output<R>>,
  (...args: ReceivedBy<A>) => z.input<R> | Promise<z.input<R>>
> {
  type Function = (...args: ReceivedBy<A>) => z.input<R> | Promise<z.input<R>>;
  const outputs = args.map((each, index) => {
    requireZod(`callback: argument ${String(index + 1)}`, each);
    return new OutputSchema(each);
  });
  requireZod('callback: the result', returns);
  const given = z
    .custom<Function>((value) => typeof value === 'function', 'must be a function')
    .meta({
      callback: args.map((each) => z.toJSONSchema(each, { io: outputSide(each), unrepresentable: 'any' })),
    });
  noteHandle(given, {
    kind: 'function',
    parts: [
      ...args.map(
        (each, index) => [`argument ${String(index + 1)} of the function`, each, 'output'] as const,
      ),
      ['the result of the function', returns, 'input'],
    ],
  });
  return given.transform((passed) => {
    const run = async (inputs: GivenTo<A>): Promise<z.output<R>> => {
      const received = inputs.map((input, index) =>
        outputs[index]?.convert(input, "passed its caller's function"),
      ) as ReceivedBy<A>;
      const checked = returns.safeParse(await passed(...received));
      if (!checked.success) {
        const why = checked.error.issues[0]?.message ?? 'is not valid';
        throw coreError('ARGUMENT_INVALID', `the result of the caller's function ${why}`);
      }
      return checked.data;
    };
    const call = (...inputs: GivenTo<A>): Promise<z.output<R>> => handled(run(inputs));
    const subscribe = subscribeOf(passed);
    return subscribe === undefined ? call : subscribable(call, subscribe);
  });
}
