// A process of its own that makes and removes nodes as fast as it can, and prints each answer that it got, until it
// is killed. Started by kill.test.ts with the options of the object and its context as arguments.
import { startStorage } from './storage-in-process.js';

const [options = '', stateDir = '', round = ''] = process.argv.slice(2);
const storage = await startStorage(options, stateDir);

async function call(method: string, ...words: string[]): Promise<void> {
  const result = await storage(method, ...words);
  process.stdout.write(`${JSON.stringify({ method, words, result })}\n`);
}

for (let n = 0; ; n += 1) {
  const node = `r${round}n${String(n)}`;
  await call('provision', node, 'ubuntu');
  await call('create_snapshot', node, 's');
  await call('rotate_credentials', node);
  await call('restore_snapshot', node, 's');
  if (n % 3 === 0) {
    await call('detach_node', node, '--now');
  } else if (n % 3 === 1) {
    await call('detach_node', node, '--trash', '1h');
  } else {
    await call('delete_snapshot', node, 's');
  }
}
