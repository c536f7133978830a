import type { InferredOptionTypes, Options, PositionalOptions } from 'yargs';

type OptionTable = Readonly<Record<string, Options>>;
type PositionalTable = Readonly<Record<string, PositionalOptions>>;
/** The parsed argv: values by name, and under `_` the arguments that belong to no option. */
export type ParsedArguments = Readonly<Record<string, unknown>> & {
  readonly _: readonly (string | number)[];
};

/** One command of a program, its types erased. Create it with `command`. */
export interface Command {
  readonly usage: string;
  readonly summary: string;
  readonly positionals: PositionalTable;
  readonly options: OptionTable;
  run(args: ParsedArguments): Promise<void>;
}

/**
 * Declares one command: its usage in yargs' form (`lookup <name>`), its positionals and options, and the function that
 * runs with their values. Option names are spelled as the user types them: `state-dir`. An option with `array: true`
 * may be repeated.
 */
export function command<const P extends PositionalTable, const O extends OptionTable>(definition: {
  readonly usage: string;
  readonly summary: string;
  readonly positionals?: P;
  readonly options?: O;
  readonly run: (args: InferredOptionTypes<P> & InferredOptionTypes<O>) => Promise<void>;
}): Command {
  return {
    ...definition,
    positionals: definition.positionals ?? {},
    options: definition.options ?? {},
    run: (args) => definition.run(args as unknown as InferredOptionTypes<P> & InferredOptionTypes<O>),
  };
}
