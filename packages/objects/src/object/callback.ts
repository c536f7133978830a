import { z } from 'zod';

import { coreError } from '../errors/core-errors.js';
import { handled } from '../handled.js';
import { subscribable, subscribeOf } from './subscription.js';

type Inputs<A extends readonly z.ZodType[]> = { -readonly [K in keyof A]: z.input<A[K]> };
type Outputs<A extends readonly z.ZodType[]> = { -readonly [K in keyof A]: z.output<A[K]> };

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
  (...args: Inputs<A>) => Promise<z.output<R>>,
  (...args: Outputs<A>) => z.input<R> | Promise<z.input<R>>
> {
  type Given = (...args: Outputs<A>) => z.input<R> | Promise<z.input<R>>;
  return z
    .custom<Given>((value) => typeof value === 'function', 'must be a function')
    .meta({ callback: args.map((each) => z.toJSONSchema(each, { unrepresentable: 'any' })) })
    .transform((given) => {
      const run = async (inputs: Inputs<A>): Promise<z.output<R>> => {
        const outputs = inputs.map((input, index) => args[index]?.parse(input)) as Outputs<A>;
        const checked = returns.safeParse(await given(...outputs));
        if (!checked.success) {
          const why = checked.error.issues[0]?.message ?? 'is not valid';
          throw coreError('ARGUMENT_INVALID', `the result of the caller's function ${why}`);
        }
        return checked.data;
      };
      const call = (...inputs: Inputs<A>): Promise<z.output<R>> => handled(run(inputs));
      const subscribe = subscribeOf(given);
      return subscribe === undefined ? call : subscribable(call, subscribe);
    });
}
