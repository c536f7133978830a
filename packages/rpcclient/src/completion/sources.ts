import {
  coreError,
  type MethodDescription,
  type NameServerMethods,
  nameServerObject,
  type ObjectDescription,
  type ValuesFrom,
  valuesIn,
} from '@patchbay/objects';

import { type Client } from '../client.js';

/** Where completion learns what there is. Each may fail; then nothing is offered. */
export interface Sources {
  /** Gives names that begin with a text. */
  names(prefix: string): Promise<readonly string[]>;
  describe(object: string): Promise<ObjectDescription>;
  /** Gives the values of an argument. @param args what the call has for the arguments that the source wants */
  values(object: ObjectDescription, from: ValuesFrom, args: readonly string[]): Promise<readonly string[]>;
}

/** Nobody reads more than these. */
const mostNames = 200;

/** Asks the servers, each question within a time limit in milliseconds. */
export function clientSources(client: Client, timeoutMs: number): Sources {
  return {
    names: async (prefix) => {
      const names = client.proxy<NameServerMethods>(nameServerObject, { timeoutMs });
      const page = await names.list({ prefix, limit: mostNames });
      return page.names.map(({ name }) => name);
    },
    describe: (object) => client.describe(object),
    values: async (object, from, args) => {
      const method = object.methods.find(({ name }) => name === from.method);
      if (method === undefined || !mayBeAsked(method, args.length)) {
        throw coreError(
          'METHOD_NOT_FOUND',
          `${object.name} has no method "${from.method}" that gives values`,
        );
      }
      const words = ['--', ...args];
      const rows = await client.callWithArgv(object.name, from.method, words, { timeoutMs });
      return valuesIn(rows, from);
    },
  };
}

/** Says whether a method can be called with so many arguments, and as often as somebody presses a key. */
function mayBeAsked({ idempotent, args, options }: MethodDescription, given: number): boolean {
  const needed = [...args.slice(given), ...options];
  return idempotent && given <= args.length && needed.every(({ required }) => !required);
}
