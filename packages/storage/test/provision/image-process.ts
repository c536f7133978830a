// A process of its own that does one operation on images and is killed at its nth effect. Started by image-kill.test.ts
// with the directory, the operation and the number; prints the number of effects when it comes to its end.
import { join } from 'node:path';

import { interceptEffects, interceptStore } from '../fakes/effects.js';
import { KillSwitch } from '../fakes/kill-switch.js';
import { openRealFiles } from '../fakes/real-files.js';
import { imageOperations, isImageOperation } from './image-operations.js';

const [directory = '', operation = '', at = ''] = process.argv.slice(2);
if (!isImageOperation(operation)) {
  throw new Error(`no operation ${operation}`);
}
const killSwitch = new KillSwitch(Number(at));
const files = await openRealFiles(directory, { wrap: (store) => interceptStore(store, killSwitch) });
killSwitch.arm();
await interceptEffects(killSwitch, join(directory, 'a.raw'));
await imageOperations[operation](files, directory);
process.stdout.write(String(killSwitch.effects));
process.exit(0);
