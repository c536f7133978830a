// A process of its own that imports an image, provisions one node, prints the result, and stays until it is killed.
// Started by old-catalog.test.ts with the options of the object, its state directory and the image as arguments.
import { silentLog, systemClock } from '@patchbay/objects';
import { Dispatcher } from '@patchbay/objects/define';

import createStorage from '../../src/index.js';

const [options = '', stateDir = '', source = ''] = process.argv.slice(2);
const object = await createStorage(JSON.parse(options), {
  name: 'storage',
  clock: systemClock,
  log: silentLog,
  stateDir,
  signal: new AbortController().signal,
});
const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
dispatcher.host('storage', object);

function call(method: string, ...argv: string[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    dispatcher.begin(
      {
        object: 'storage',
        method,
        input: { argv },
        caller: { peer: 'in-memory' },
        callId: method,
        timeoutMs: undefined,
      },
      { item: () => undefined, result: resolve, failure: reject },
    );
  });
}

await call('import_image', 'ubuntu', source);
process.stdout.write(`${JSON.stringify(await call('provision', 'node7', 'ubuntu'))}\n`);
