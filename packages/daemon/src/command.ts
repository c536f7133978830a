import { kebabCase, type MethodDescription } from '@patchbay/objects';

/** An option or a positional argument of a command. */
export interface Parameter {
  /** A `boolean` is a switch: it needs no value, and has a counterpart `--no-NAME`. */
  readonly type: 'string' | 'boolean';
  /** What else a switch may be set to, as `--NAME=VALUE`. */
  readonly alternatives?: readonly string[];
  readonly summary: string;
  /** Stands for the value in help, such as `HOST:PORT`. Default: the name in capitals. */
  readonly placeholder?: string;
  readonly required?: boolean;
  /** Whether an option may be given more than once; a positional argument takes all that follow. */
  readonly repeated?: boolean;
  readonly default?: string | boolean;
  /** How help describes a default that is not declared here, such as that of a configuration. */
  readonly defaultNote?: string;
}

/** Parameters by their names, as the user types them: `state-dir`. */
export type Parameters = Readonly<Record<string, Parameter>>;

type ValueOf<P extends Parameter> = P extends { readonly type: 'boolean' }
  ? boolean | (P extends { readonly alternatives: readonly (infer V)[] } ? V : never)
  : P extends { readonly repeated: true }
    ? string[]
    : string;

/** The values of parameters: undefined where one is neither given nor required nor has a default. */
export type ValuesOf<T extends Parameters> = {
  readonly [Name in keyof T]: T[Name] extends
    { readonly required: true } | { readonly default: string | boolean }
    ? ValueOf<T[Name]>
    : ValueOf<T[Name]> | undefined;
};

/** One command of a program, its types erased. Create it with `command`. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** The positional arguments, in their order. */
  readonly args: Parameters;
  readonly options: Parameters;
  run(values: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Declares one command: its name, its arguments and options, and the function that runs with their values. */
export function command<const A extends Parameters, const O extends Parameters>(definition: {
  readonly name: string;
  readonly summary: string;
  readonly args?: A;
  readonly options?: O;
  readonly run: (values: ValuesOf<A> & ValuesOf<O>) => Promise<void>;
}): Command {
  return {
    ...definition,
    args: definition.args ?? {},
    options: definition.options ?? {},
    run: (values) => definition.run(values as ValuesOf<A> & ValuesOf<O>),
  };
}

/**
 * Describes a command as methods are, so that help and messages treat both alike.
 * @param program the name of its program, if it is to precede the command's
 */
export function describeCommand(
  { name, summary, args, options }: Command,
  program?: string,
): MethodDescription {
  return {
    name: [program, name].filter(Boolean).join(' '),
    summary,
    args: Object.entries(args).map(([each, parameter]) => ({
      ...described(each, parameter),
      placeholder: placeholderOf(each, parameter) + (parameter.repeated === true ? '...' : ''),
    })),
    options: Object.entries(options).map(([each, parameter]) => ({
      ...described(each, parameter),
      flag: `--${each}`,
      ...(parameter.type === 'boolean' ? {} : { placeholder: placeholderOf(each, parameter) }),
    })),
    returns: {},
    idempotent: false,
  };
}

function described(name: string, { type, summary, required = false, repeated, ...others }: Parameter) {
  const { default: value = others.defaultNote } = others;
  const schema = repeated === true ? { type: 'array', items: { type } } : { type };
  return {
    name,
    summary,
    required,
    schema: value === undefined || value === '' ? schema : { ...schema, default: value },
  };
}

function placeholderOf(name: string, { placeholder }: Parameter): string {
  return placeholder ?? kebabCase(name).toUpperCase();
}
