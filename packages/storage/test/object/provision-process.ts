// A process of its own that imports an image, provisions one node, prints the result, and stays until it is killed.
// Started by old-catalog.test.ts with the options of the object, its state directory and the image as arguments.
import { startStorage } from './storage-in-process.js';

const [options = '', stateDir = '', source = ''] = process.argv.slice(2);
const call = await startStorage(options, stateDir);

await call('import_image', 'ubuntu', source);
process.stdout.write(`${JSON.stringify(await call('provision', 'node7', 'ubuntu'))}\n`);
