import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { eventually, Scratch } from '@patchbay/objects/testing';

import { type ProgramName, type Running, start } from '../commands/programs.js';
import { root } from '../repository.js';

const jobsModule = join(root, 'packages/jobs/dist/src/index.js');
const marksModule = join(root, 'packages/jobs/dist/test/fixtures/marks.js');

/** A daemon that is killed and started again. */
export type JobsVictim = 'nameserver' | 'jobs' | 'agent';

interface Part {
  readonly program: ProgramName;
  readonly words: readonly string[];
  readonly readyLine: string;
  running?: Running;
}

/** A machine with a name server, the server of `jobs`, one of an object that jobs call, and the agent of the host. */
export class JobsMachine implements AsyncDisposable {
  readonly #scratch: Scratch;
  readonly #parts: Readonly<Record<JobsVictim | 'marks', Part>>;

  private constructor(scratch: Scratch) {
    this.#scratch = scratch;
    const server = (name: string): Part => ({
      program: 'rpcserver',
      words: ['start', '--config', scratch.file(`${name}.json`)],
      readyLine: 'server is ready',
    });
    this.#parts = {
      nameserver: {
        program: 'nameserver',
        words: ['start', '--state-dir', scratch.file('names'), '--listen', this.nameServer],
        readyLine: 'name server is ready',
      },
      marks: server('marks'),
      jobs: server('jobs'),
      agent: {
        program: 'patchbay-host',
        words: ['start', '--config', scratch.file('host.json')],
        readyLine: 'agent is ready',
      },
    };
  }

  static async start(): Promise<JobsMachine> {
    const machine = new JobsMachine(await Scratch.make());
    try {
      await machine.#configure();
      for (const name of ['nameserver', 'marks', 'jobs', 'agent'] as const) {
        await machine.#startPart(name);
      }
      return machine;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The address of the name server. */
  get nameServer(): string {
    return this.#socket('names');
  }

  /** The queue of the host. */
  get host(): string {
    return hostname();
  }

  /** The path of a file of the machine. */
  file(name: string): string {
    return this.#scratch.file(name);
  }

  /** Kills a daemon by SIGKILL, and starts it again. @param waits whether until it is ready */
  async kill(victim: JobsVictim, waits: boolean): Promise<void> {
    const { running } = this.#parts[victim];
    running?.child.kill('SIGKILL');
    await running?.ended;
    this.#spawn(victim);
    if (waits) {
      await this.#ready(victim);
    }
  }

  /** Waits until all daemons are ready. */
  async heal(): Promise<void> {
    for (const name of ['nameserver', 'jobs', 'agent'] as const) {
      await this.#ready(name);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { running } of Object.values(this.#parts).reverse()) {
      running?.child.kill('SIGKILL');
      await running?.ended;
    }
    await this.#scratch.close();
  }

  async #configure(): Promise<void> {
    const write = (name: string, keys: unknown): Promise<void> =>
      writeFile(this.#scratch.file(`${name}.json`), JSON.stringify(keys));
    for (const [name, module] of [
      ['jobs', jobsModule],
      ['marks', marksModule],
    ] as const) {
      await write(name, {
        ...{ nameServer: this.nameServer, listen: [this.#socket(name)], stateDir: this.#scratch.file(name) },
        objects: [{ name, module }],
      });
    }
    await write('host', {
      ...{ nameServer: this.nameServer, stateDir: this.#scratch.file('host') },
      identity: this.#scratch.file('marks', 'identity.json'),
      servers: [this.#socket('marks')],
    });
  }

  #socket(name: string): string {
    return `unix:${this.#scratch.file(`${name}.sock`)}`;
  }

  async #startPart(name: JobsVictim | 'marks'): Promise<void> {
    this.#spawn(name);
    await this.#ready(name);
  }

  #spawn(name: JobsVictim | 'marks'): void {
    const part = this.#parts[name];
    part.running = start(part.program, part.words, {
      ...{ PATCHBAY_INSECURE: '', HOME: this.#scratch.path, XDG_RUNTIME_DIR: this.#scratch.path },
    });
  }

  async #ready(name: JobsVictim | 'marks'): Promise<void> {
    const { running, readyLine } = this.#parts[name];
    await eventually(() => {
      if (running?.child.exitCode !== null) {
        throw new Error(`${name} ended: ${running?.said.stderr ?? ''}`);
      }
      return running.said.stderr.includes(readyLine);
    }, 60_000);
  }
}
