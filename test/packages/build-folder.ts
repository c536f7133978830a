import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { root } from '../repository.js';
import { type CommandOptions, output } from '../system/command.js';

const folder = join(root, 'build');

/** Returns the path of the installable program's tree, made of the build by the first process of tests that asks. */
export async function builtProgram(): Promise<string> {
  await outputOfOne([process.execPath, 'scripts/make-program.js', '--if-stale']);
  return join(folder, 'program');
}

/**
 * Runs a command in the checkout, where it writes, when no other process of tests runs one so, and returns its
 * standard output. @throws Error when it fails
 */
export async function outputOfOne(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  await mkdir(folder, { recursive: true });
  const turn = ['flock', join(folder, 'tests.lock')];
  return await output([...turn, ...argv], { cwd: root, timeoutMs: 180_000, ...options });
}
