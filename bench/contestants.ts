import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The Python that Debian's packages belong to; another one by BENCH_PYTHON, such as that of a virtual environment. */
const python = process.env.BENCH_PYTHON ?? '/usr/bin/python3';

/** What is measured beside the others: how its rows are called, and the command of its peers. */
export interface Contestant {
  readonly title: string;
  readonly command: readonly string[];
}

/** Returns a contestant of bench/transports. */
export function inNode(transport: string, title: string): Contestant {
  return { title, command: [process.execPath, beside('peer.js'), transport] };
}

const inPython = [
  { module: 'Pyro4', script: 'pyro4_peer.py', from: 'apt-get install python3-pyro4' },
  { module: 'Pyro5', script: 'pyro5_peer.py', from: 'pip install Pyro5, as Debian 12 does not have it' },
  { module: 'rpyc', script: 'rpyc_peer.py', from: 'apt-get install python3-rpyc' },
];

/** Returns the installed contestants in Python by their modules, and prints how to install the others. */
export function installedInPython(): ReadonlyMap<string, Contestant> {
  const found = new Map<string, Contestant>();
  for (const { module, script, from } of inPython) {
    const { status } = spawnSync(python, ['-c', `import ${module}`], { stdio: 'ignore' });
    if (status === 0) {
      const title = module === 'rpyc' ? 'RPyC' : module;
      found.set(module, { title, command: [python, beside(`../peers/${script}`)] });
    } else {
      process.stdout.write(`${module} is not measured: ${python} has it not (${from})\n`);
    }
  }
  return found;
}

function beside(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
