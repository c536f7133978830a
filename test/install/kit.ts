import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { builtProgram } from '../packages/build-folder.js';
import { root } from '../repository.js';
import { type Machine, makeIn } from './machine.js';

/** What an operator has to install a version from: install-daemons.sh and what goes with it. */
export interface Kit {
  /** The path of the kit here. */
  readonly path: string;
  /** The words that install it on the machine. */
  readonly installer: string;
}

/** Puts a kit with the built program on a machine. */
export async function bringKit(machine: Machine, name = 'kit'): Promise<Kit> {
  const path = await makeIn(machine, name);
  for (const part of ['install-daemons.sh', 'installer', 'init.d', 'systemd']) {
    await cp(join(root, part), join(path, part), { recursive: true });
  }
  await cp(await builtProgram(), join(path, 'build/program'), { recursive: true, verbatimSymlinks: true });
  return { path, installer: `/srv/files/${name}/install-daemons.sh` };
}

/** Puts a kit of another version beside one, as a copy that may then be changed. */
export async function bringVersion(machine: Machine, of: Kit, version: string): Promise<Kit> {
  const name = `kit-${version}`;
  const path = join(machine.files, name);
  await cp(of.path, path, { recursive: true, verbatimSymlinks: true });
  const file = join(path, 'build/program/package.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...manifest, version }, null, 2));
  return { path, installer: `/srv/files/${name}/install-daemons.sh` };
}

/** Puts a version there one of whose daemons does not start. */
export async function bringBroken(machine: Machine, of: Kit, version: string, daemon: string): Promise<Kit> {
  const kit = await bringVersion(machine, of, version);
  const file = join(kit.path, 'build/program/lib', `${daemon}.js`);
  const program = await readFile(file, 'utf8');
  const failing = `if (process.argv[2] === 'start') { console.error('${version} is broken'); process.exit(3); }`;
  await writeFile(file, program.replace('\n', `\n${failing}\n`)); // behind its first line, which names node
  return kit;
}
