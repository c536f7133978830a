import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A process of this machine. */
export interface MachineProcess {
  readonly pid: number;
  readonly command: readonly string[];
}

/**
 * Finds the processes with a directory in their command line, environment or working directory: those that were
 * started for it. Callers kill what is found, so a directory such as / or none is refused. @throws RangeError
 */
export async function processesOf(directory: string): Promise<readonly MachineProcess[]> {
  if (!/^\/.+\/.+/.test(directory)) {
    throw new RangeError(`too many processes could refer to ${JSON.stringify(directory)}`);
  }
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = await Promise.all(pids.map((pid) => lookAt(pid)));
  return all.flatMap((found) =>
    found !== undefined && found.pid !== process.pid && found.about.includes(directory)
      ? [{ pid: found.pid, command: found.command }]
      : [],
  );
}

/** Returns the mount points below a directory, the last mounted first. */
export async function mountsBelow(directory: string): Promise<readonly string[]> {
  const lines = (await readFile('/proc/mounts', 'utf8')).split('\n');
  const points = lines.map((line) => line.split(' ')[1] ?? '');
  return points.filter((point) => point.startsWith(directory)).reverse();
}

/** Returns the files below a directory that back loop devices. */
export async function loopFilesBelow(directory: string): Promise<readonly string[]> {
  const devices = (await readdir('/sys/block')).filter((name) => name.startsWith('loop'));
  const files = await Promise.all(
    devices.map((name) => textOf(readFile(join('/sys/block', name, 'loop/backing_file'), 'utf8'))),
  );
  return files.filter((file) => file.startsWith(directory));
}

async function lookAt(
  pid: number,
): Promise<{ pid: number; command: readonly string[]; about: string } | undefined> {
  const words = await textOf(readFile(`/proc/${String(pid)}/cmdline`, 'utf8'));
  if (words === '') {
    return undefined; // it exited meanwhile, is a zombie, or a kernel thread
  }
  const environment = await textOf(readFile(`/proc/${String(pid)}/environ`, 'utf8'));
  const workingDirectory = await textOf(readlink(`/proc/${String(pid)}/cwd`));
  return {
    pid,
    command: words.split('\0').slice(0, -1),
    about: [words, environment, workingDirectory].join('\0'),
  };
}

/** Reads a file of the kernel; returns '' if its subject no longer exists. */
async function textOf(reading: Promise<string>): Promise<string> {
  try {
    return await reading;
  } catch {
    return '';
  }
}
