import {
  type ClusterMember,
  isRpcError,
  type JobPolicy,
  type MethodDescription,
  quoted,
  readArgv,
} from '@patchbay/objects';

import { jobsError } from '../errors.js';
import type { JobRecord } from '../records/tables.js';

type Args = JobRecord['args'];

/** Where variables of a host are named. */
const hostPrefix = 'host.';
/** How many hosts an error names. */
const maxNamed = 10;

/** Returns the names of the variables that a policy takes arguments from. */
export function variablesOf({ from = {} }: Pick<JobPolicy, 'from'>): readonly string[] {
  return [...new Set(Object.values(from).map((source) => source.slice(hostPrefix.length)))];
}

/**
 * Returns the arguments for each host: those that were given, and for those of `from` that were not the host's variables,
 * read as on a command line.
 *
 * @throws RpcError `POLICY_INVALID`, whose `details.path` is the key of `from`
 */
export function argumentsOf(
  args: Args,
  { from = {} }: Pick<JobPolicy, 'from'>,
  method: MethodDescription,
  hosts: readonly ClusterMember[],
): ReadonlyMap<string, Args> {
  const { positional, options } = givenOf(args, method);
  const found = new Map<string, Args>();
  const without = new Map<string, string[]>();
  for (const host of hosts) {
    const values = [...positional];
    const named = { ...options };
    for (const [name, source] of Object.entries(from)) {
      const at = method.args.findIndex((each) => each.name === name);
      const described = method.args[at] ?? method.options.find((each) => each.name === name);
      if (described === undefined || described.secret === true) {
        const why =
          described === undefined ? 'has no such argument' : 'takes that as a secret, which no variable is';
        throw invalid(name, `${method.name} ${why}`);
      }
      const isGiven = at < 0 ? Object.hasOwn(named, name) : at < positional.length;
      if (isGiven) {
        continue;
      }
      const text = host.variables[source.slice(hostPrefix.length)];
      if (text === undefined) {
        if (described.required) {
          without.set(name, [...(without.get(name) ?? []), host.name]);
        }
        continue;
      }
      const value = valueOf(text, name, method, host.name);
      if (at < 0) {
        named[name] = value;
      } else {
        values[at] = value;
      }
    }
    const hole = values.findIndex((_, index) => !(index in values));
    if (hole >= 0 && without.size === 0) {
      throw invalid(method.args[hole]?.name ?? '', 'is neither given nor a variable, and a later one is');
    }
    found.set(host.name, Object.keys(named).length === 0 ? values : [...values, named]);
  }
  for (const [name, missing] of without) {
    const shown = missing.slice(0, maxNamed).join(', ');
    const more = missing.length > maxNamed ? ` and ${String(missing.length - maxNamed)} more` : '';
    throw invalid(
      name,
      `${shown}${more} have no variable ${quoted(from[name] ?? '')}; set it by identity.set_variables`,
    );
  }
  return found;
}

/** Splits arguments into the positional ones and the options. */
function givenOf(
  args: Args,
  { args: described }: MethodDescription,
): { readonly positional: Args; readonly options: Record<string, Args[number]> } {
  const last = args.at(-1);
  return args.length > described.length && isRecord(last)
    ? { positional: args.slice(0, -1), options: last }
    : { positional: args, options: {} };
}

/** Reads the value of a variable as the argument's schema has it. @throws RpcError `POLICY_INVALID` */
function valueOf(text: string, name: string, method: MethodDescription, host: string): Args[number] {
  const schema = [...method.args, ...method.options].find((each) => each.name === name)?.schema ?? {};
  const arg = { name, summary: '', required: true, placeholder: name.toUpperCase(), schema };
  try {
    const { positionals } = readArgv({ ...method, args: [arg], options: [] }, ['--', text]);
    return positionals[0] as Args[number];
  } catch (error) {
    const why = isRpcError(error) ? error.message : 'cannot be read';
    throw invalid(name, `the variable of host ${host}: ${why}`, error);
  }
}

function isRecord(value: unknown): value is Record<string, Args[number]> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(name: string, why: string, cause?: unknown): Error {
  const message = `from.${name} cannot be: ${why}`;
  return jobsError('POLICY_INVALID', message, { details: { path: `from.${name}` }, cause });
}
