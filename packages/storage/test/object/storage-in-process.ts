import { localCaller, silentLog, systemClock } from '@patchbay/objects';
import { Dispatcher } from '@patchbay/objects/define';

import createStorage from '../../src/index.js';

/** Calls a method of the storage object with the argv of a command line. */
export type CallStorage = (method: string, ...argv: string[]) => Promise<unknown>;

/** Starts a storage object in this process, which its test will kill, and returns how to call it. */
export async function startStorage(options: string, stateDir: string): Promise<CallStorage> {
  const object = await createStorage(JSON.parse(options), {
    name: 'storage',
    clock: systemClock,
    log: silentLog,
    stateDir,
    signal: new AbortController().signal,
  });
  const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
  dispatcher.host('storage', object);
  return (method, ...argv) =>
    new Promise((resolve, reject) => {
      dispatcher.begin(
        {
          object: 'storage',
          method,
          input: { argv },
          caller: localCaller('in-memory'),
          callId: method,
          timeoutMs: undefined,
        },
        { item: () => undefined, result: resolve, failure: reject },
      );
    });
}
