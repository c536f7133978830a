import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { TestNameServer } from '@patchbay/nameserver/testing';
import { eventually, type Scratch } from '@patchbay/objects/testing';

const program = fileURLToPath(new URL('../../src/bin/rpcserver.js', import.meta.url));
const workshop = fileURLToPath(new URL('../fixtures/workshop.js', import.meta.url));

/** How a process ended, and all its output. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Writes a configuration with one object, `workshop`; given keys replace the default ones. */
export async function writeConfiguration(
  scratch: Scratch,
  keys: Readonly<Record<string, unknown>>,
): Promise<string> {
  const file = scratch.file('rpcserver.yaml');
  const configuration = {
    listen: '127.0.0.1:0',
    stateDir: './state',
    objects: [{ name: 'workshop', module: workshop, options: { color: 'red' } }],
    insecure: true,
    ...keys,
  };
  // JSON is YAML; one key a line, so that messages can name lines.
  await writeFile(file, JSON.stringify(configuration, undefined, 1));
  return file;
}

/** Lists the names in a registry, without that of the log of calls. */
export async function namesIn(nameServer: TestNameServer): Promise<string[]> {
  return (await nameServer.names()).filter((name) => !name.startsWith('calls.'));
}

/** An `rpcserver` process of a test; it ends with the test at the latest. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #said = { stdout: '', stderr: '' };
  readonly #ended: Promise<unknown>;

  constructor(...words: string[]) {
    this.#child = spawn(process.execPath, [program, ...words], {
      env: { ...process.env, PATCHBAY_NAMESERVER: '', PATCHBAY_LOG_LEVEL: '' }, // empty is unset
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended = once(this.#child, 'close');
    for (const name of ['stdout', 'stderr'] as const) {
      createInterface({ input: this.#child[name]! }).on('line', (line) => {
        this.#said[name] += `${line}\n`;
      });
    }
  }

  /** Serves a configuration, and waits until it is ready. */
  static async serving(scratch: Scratch, keys: Readonly<Record<string, unknown>>): Promise<ServerProcess> {
    const server = new ServerProcess('start', '--config', await writeConfiguration(scratch, keys));
    try {
      await server.logged('RPC server is ready');
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The lines of the log so far. */
  get log(): readonly Readonly<Record<string, unknown>>[] {
    return this.#said.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Where it listens, once it is ready. */
  get address(): string {
    return String(this.log.find(({ message }) => message === 'RPC server is ready')?.address);
  }

  /** Waits for a line of the log. */
  async logged(message: string): Promise<void> {
    await this.loggedLine((each) => each === message);
  }

  /** Waits for a line of the log by its message, and returns it. */
  async loggedLine(isWanted: (message: string) => boolean): Promise<Readonly<Record<string, unknown>>> {
    const find = (): Readonly<Record<string, unknown>> | undefined =>
      this.log.find(({ message }) => isWanted(String(message)));
    await eventually(() => {
      if (this.#child.exitCode !== null) {
        throw new Error(`it ended: ${this.#said.stderr}`);
      }
      return find() !== undefined;
    }, 30_000);
    return find() ?? {};
  }

  /** Changes its configuration file, and makes it reload that. */
  async reload(scratch: Scratch, keys: Readonly<Record<string, unknown>>): Promise<void> {
    await writeConfiguration(scratch, keys);
    this.kill('SIGHUP');
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for its end, and kills it when that is overdue. */
  async end(): Promise<Outcome> {
    const overdue = setTimeout(() => this.#child.kill('SIGKILL'), 30_000);
    await this.#ended;
    clearTimeout(overdue);
    return { status: this.#child.exitCode, ...this.#said };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGCONT');
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
