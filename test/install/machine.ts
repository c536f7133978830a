import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { eventually } from '@patchbay/objects/testing';

import { root } from '../repository.js';
import { type Outcome, output, run } from '../system/command.js';

/** A machine of its own made out of this one, as boot-machine.sh tells; disposing of it ends all that runs on it. */
export class Machine implements AsyncDisposable {
  /** What is /srv/files on the machine. */
  readonly files: string;
  readonly #directory: string;
  readonly #holder: ChildProcess;
  #pid = 0;

  private constructor(directory: string, holder: ChildProcess) {
    this.#directory = directory;
    this.files = join(directory, 'files');
    this.#holder = holder;
  }

  static async boot(init: 'sysv' | 'systemd'): Promise<Machine> {
    const directory = await mkdtemp(join(tmpdir(), 'machine-'));
    const log = openSync(join(directory, 'console'), 'w');
    const holder = spawn(join(root, 'test/install/boot-machine.sh'), [directory, init], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    await once(holder, 'spawn');
    const machine = new Machine(directory, holder);
    try {
      await machine.#up(
        init === 'systemd' ? ['systemctl', 'is-system-running'] : ['test', '-d', '/srv/files'],
      );
      return machine;
    } catch (error) {
      const told = await machine.console();
      await machine[Symbol.asyncDispose]();
      throw new Error(`a machine did not come up: ${told}`, { cause: error });
    }
  }

  /** What its first process said: under systemd, the log. */
  console(): Promise<string> {
    return readFile(join(this.#directory, 'console'), 'utf8');
  }

  /** Returns the argv that runs a command on the machine. */
  enter(...words: readonly string[]): string[] {
    const [pid, path] = [
      String(this.#pid),
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ];
    const spaces = ['--mount', '--pid', '--net', '--ipc', '--uts', '--root', '--wd'];
    return ['nsenter', '--target', pid, ...spaces, 'env', '-i', path, 'LC_ALL=C.UTF-8', ...words];
  }

  /** Connects it with another one, by a network of their own: this one is 10.78.0.1, the other 10.78.0.2. */
  async connect(other: Machine): Promise<void> {
    const peer = ['type', 'veth', 'peer', 'name', 'lan', 'netns', String(other.#pid)];
    await output(['ip', 'link', 'add', 'lan', 'netns', String(this.#pid), ...peer]);
    for (const [index, machine] of [this, other].entries()) {
      await machine.shell(
        `ip address add 10.78.0.${String(index + 1)}/24 dev lan && ip link set lan up && ip link set lo up`,
      );
    }
  }

  run(...words: readonly string[]): Promise<Outcome> {
    return run(this.enter(...words), { timeoutMs: 90_000 });
  }

  /** Runs a script of the shell. */
  sh(script: string): Promise<Outcome> {
    return this.run('sh', '-c', script);
  }

  /** Runs a script of the shell that shall succeed, and returns what it printed. @throws Error when it fails */
  async shell(script: string): Promise<string> {
    return output(this.enter('sh', '-c', script), { timeoutMs: 90_000 });
  }

  /** Returns the paths of all files, links and directories that are not those of this machine; what was removed counts. */
  async changes(): Promise<readonly string[]> {
    const listed = await this.shell("find /srv/changes -mindepth 1 -printf '/%P\\n' | sort");
    return listed.trimEnd().split('\n');
  }

  /** Reboots it, and waits until all that starts at a boot has started or failed: all processes and mounts are new. */
  async reboot(): Promise<void> {
    await this.run('systemctl', 'reboot');
    // Not by asking it: a command on the machine would be stopped with all that runs there, and `nsenter` with it.
    await eventually(async () => {
      const now = await this.#firstProcess();
      return now !== 0 && now !== this.#pid;
    }, 60_000);
    await this.#up(['systemctl', 'is-system-running'], /^(running|degraded)$/m);
  }

  /** Waits until it has been shut down. */
  async ended(): Promise<void> {
    if (this.#runs) {
      await once(this.#holder, 'exit');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#runs) {
      const ended = once(this.#holder, 'exit');
      this.#holder.kill('SIGKILL'); // and with it, by --kill-child, everything on the machine
      await ended;
    }
    await eventually(() => removeCgroups(basename(this.#directory)), 10_000);
    await rm(this.#directory, { recursive: true, force: true });
  }

  get #runs(): boolean {
    return this.#holder.exitCode === null && this.#holder.signalCode === null;
  }

  /** Returns the first process of the machine, as seen from outside. */
  async #firstProcess(): Promise<number> {
    const power = await childOf(this.#holder.pid ?? 0);
    return await childOf(await childOf(power));
  }

  /** Waits until a command on the machine succeeds, or says what it shall. */
  async #up(probe: readonly string[], saying?: RegExp): Promise<void> {
    await eventually(async () => {
      this.#pid = await this.#firstProcess();
      const { status, stdout, stderr } = await this.run(...probe);
      if (this.#pid === 0 || !(saying?.test(stdout) ?? status === 0)) {
        throw new Error(`not yet: ${stdout}${stderr}`);
      }
    }, 60_000);
  }
}

/** Returns the child of a process that has one; 0 if it does not have exactly one. */
async function childOf(pid: number): Promise<number> {
  const children = await readFile(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8').catch(
    () => '',
  );
  return Number(children.trim()) || 0;
}

/** Removes the cgroups of a machine, which has to have ended. */
async function removeCgroups(name: string): Promise<void> {
  const top = '/sys/fs/cgroup';
  const hierarchies = [top, ...(await readdir(top)).map((each) => join(top, each))];
  for (const own of hierarchies.map((each) => join(each, name))) {
    await removeTree(own);
  }
}

async function removeTree(cgroup: string): Promise<void> {
  const entries = await readdir(cgroup, { withFileTypes: true }).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return undefined;
    }
    throw error;
  });
  if (entries === undefined) {
    return;
  }
  for (const entry of entries.filter((each) => each.isDirectory())) {
    await removeTree(join(cgroup, entry.name));
  }
  await rmdir(cgroup);
}

/** Makes a directory for a test in what the machine sees as /srv/files. */
export async function makeIn(machine: Machine, name: string): Promise<string> {
  const path = join(machine.files, name);
  await mkdir(path);
  return path;
}
