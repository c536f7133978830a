import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { root } from '../repository.js';
import { output } from '../system/command.js';

/** Returns the path of the installable program's tree, made of the build by the first process of tests that asks. */
export async function builtProgram(): Promise<string> {
  const folder = join(root, 'build');
  await mkdir(folder, { recursive: true });
  await output(
    ['flock', join(folder, 'program.lock'), process.execPath, 'scripts/make-program.js', '--if-stale'],
    { cwd: root, timeoutMs: 120_000 },
  );
  return join(folder, 'program');
}
