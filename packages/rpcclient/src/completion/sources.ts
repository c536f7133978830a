import {
  coreError,
  type MethodDescription,
  type NameServerMethods,
  nameServerObject,
  type ObjectDescription,
  type ValuesFrom,
  valuesIn,
} from '@patchbay/objects';

import type { Client } from '../client.js';

/** Where completion finds names, methods and values. Each may fail; then nothing is offered. */
export interface Sources {
  /** Returns registered names that begin with a prefix. */
  names(prefix: string): Promise<readonly string[]>;
  describe(object: string): Promise<ObjectDescription>;
  /** Returns the values that an argument may have. @param args the call's values for the arguments that `from` asks for */
  values(object: ObjectDescription, from: ValuesFrom, args: readonly string[]): Promise<readonly string[]>;
}

/** Nobody reads more candidates than this. */
const maxNames = 200;

/** Returns sources that ask the servers, each request with a time limit in milliseconds. */
export function clientSources(client: Client, timeoutMs: number): Sources {
  return {
    names: async (prefix) => {
      const names = client.proxy<NameServerMethods>(nameServerObject, { timeoutMs });
      const page = await names.list({ prefix, limit: maxNames });
      return page.names.map(({ name }) => name);
    },
    describe: (object) => client.describe(object),
    values: async (object, from, args) => {
      const method = object.methods.find(({ name }) => name === from.method);
      if (method === undefined || !mayBeCalled(method, args.length)) {
        const message = `${object.name} has no method "${from.method}" that lists values`;
        throw coreError('METHOD_NOT_FOUND', message);
      }
      const call = client.callWithArgv(object.name, from.method, ['--', ...args], { timeoutMs });
      return valuesIn(await call, from);
    },
  };
}

/** Reports whether a method can be called with that many arguments, and each time somebody presses Tab. */
function mayBeCalled({ idempotent, args, options }: MethodDescription, given: number): boolean {
  const needed = [...args.slice(given), ...options];
  return idempotent && given <= args.length && needed.every(({ required }) => !required);
}
