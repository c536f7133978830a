import { readdir, readFile } from 'node:fs/promises';

/** Finds the processes of a program ('' for any) that have a directory in their arguments or environment. */
export async function processesOf(directory: string, program: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => ((await isOf(pid, directory, program)) ? [Number(pid)] : [])),
  );
  return found.flat().filter((pid) => pid !== process.pid);
}

async function isOf(pid: string, directory: string, program: string): Promise<boolean> {
  try {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    const [file = ''] = commandLine.split('\0');
    return file.endsWith(program) && (commandLine.includes(directory) || environment.includes(directory));
  } catch {
    return false; // it has exited meanwhile
  }
}
