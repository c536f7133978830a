import { type Grant, localCaller } from '@patchbay/objects';
import { Dispatcher } from '@patchbay/objects/define';

import { defineStorage } from '../../src/object/storage-object.js';
import type { Machine } from '../fakes/machine.js';

const local = localCaller('in-memory');

type Input = { readonly argv: readonly string[] } | { readonly values: readonly unknown[] };

/** Calls a method as a server does. @param roles what the caller may do; default: everything */
export async function dispatch(
  { parts }: Machine,
  method: string,
  input: Input,
  item: (value: unknown) => undefined = () => undefined,
  roles?: readonly Grant[],
): Promise<unknown> {
  const { clock, log } = parts;
  const dispatcher = new Dispatcher({ clock, log });
  dispatcher.host(
    'storage',
    defineStorage(parts, () => Promise.resolve()),
  );
  return await new Promise((resolve, reject) => {
    dispatcher.begin(
      {
        object: 'storage',
        method,
        input,
        caller: roles === undefined ? local : { ...local, principal: 'user:somebody', roles },
        callId: '1',
        timeoutMs: undefined,
      },
      { item, result: resolve, failure: reject },
    );
  });
}

/** Calls a method with the words of a command line. */
export function call(machine: Machine, method: string, ...words: string[]): Promise<unknown> {
  return dispatch(machine, method, { argv: words });
}
