import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { eventually } from '@patchbay/objects/testing';

const hook = new URL('fault-hook.js', import.meta.url).href;
const program = fileURLToPath(new URL('bin/rpcserver.js', import.meta.resolve('@patchbay/rpcserver')));
/** Names, in the environment of the server and of what it starts, whose they are. */
const lifeVariable = 'PATCHBAY_LIFE';

/** A process of the RPC server's command, which can be made to kill itself at one of its effects. */
export class ServerProcess {
  readonly death: Promise<'died'>;
  readonly #child: ChildProcess;
  readonly #id: string;
  readonly #ready: Promise<string>;

  /** @param dieAt at which effect of its start it dies, counted from 1; default: at none */
  constructor(configuration: string, dieAt?: number) {
    this.#id = randomUUID();
    this.#child = spawn(process.execPath, ['--import', hook, program, 'start', '--config', configuration], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {
        ...process.env,
        [lifeVariable]: this.#id,
        ...(dieAt !== undefined && { PATCHBAY_DIE_AT: String(dieAt) }),
      },
    });
    this.death = once(this.#child, 'exit').then(() => 'died');
    this.#ready = this.#addressOnceReady();
    this.#ready.catch(() => undefined);
  }

  /** Waits until it serves, and gives its address. @throws Error with its log when it ended before */
  address(): Promise<string> {
    return this.#ready;
  }

  /** Lets it die at its nth effect from now on, counted from 1; undefined: at none. */
  async dieAt(nth: number | undefined): Promise<void> {
    const armed = once(this.#child, 'message');
    // A message to one that dies is lost, which its death tells.
    this.#child.send({ dieAt: nth }, () => undefined);
    await Promise.race([armed, this.death]);
  }

  /** Kills it, where it lives. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.death;
  }

  /** Waits until the programs have ended that it left running; says whether there were any. */
  async orphansEnd(): Promise<boolean> {
    const left = await this.#orphans();
    await eventually(async () => (await this.#orphans()).length === 0, 30_000);
    return left.length > 0;
  }

  /** Names the processes that it started and that run; tgtd is not meant to end with it, and does not count. */
  async #orphans(): Promise<readonly string[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const found = await Promise.all(
      pids.map(async (pid) => {
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
        return environment.split('\0').includes(`${lifeVariable}=${this.#id}`) ? [pid] : [];
      }),
    );
    return found.flat();
  }

  #addressOnceReady(): Promise<string> {
    const log: string[] = [];
    const lines = createInterface({ input: this.#child.stderr ?? Readable.from([]) });
    return new Promise((resolve, reject) => {
      lines.on('line', (line) => {
        log.push(line);
        const [, address] = /"RPC server is ready","address":"([^"]+)"/.exec(line) ?? [];
        if (address !== undefined) {
          resolve(address);
        }
      });
      lines.on('close', () => {
        reject(new Error(`the server ended before it was ready:\n${log.join('\n')}`));
      });
    });
  }
}
