import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { ExecError, execTool } from '../../src/exec.js';
import { iqn } from '../../src/names.js';
import type { TargetSpec } from '../../src/targets/target-host.js';

/** What an initiator needs to log in to its disk. */
export type DiskLogin = Pick<TargetSpec, 'iqn' | 'lun' | 'initiator' | 'chap'>;

/** Combines the object's results for a node and its credentials. */
export function loginOf(
  node: {
    readonly target?: { readonly iqn: string; readonly lun: number } | undefined;
    readonly initiator?: string | undefined;
  },
  { chapUser, chapSecret }: { readonly chapUser: string; readonly chapSecret: string },
): DiskLogin {
  return {
    iqn: iqn.parse(node.target?.iqn),
    lun: node.target?.lun ?? 0,
    initiator: iqn.parse(node.initiator),
    chap: { user: chapUser, secret: chapSecret },
  };
}

/** Who tries to log in: the node itself, except for the given fields. */
export interface Login {
  readonly initiator?: string;
  /** Null: no account at all. */
  readonly chap?: { readonly user: string; readonly secret: string } | null;
}

/** Logs in with libiscsi and sends an INQUIRY to the disk; returns the output, or the text of the refusal. */
export async function inquire(
  portal: string,
  spec: DiskLogin,
  login: Login = {},
  ...more: string[]
): Promise<string> {
  const chap = login.chap === undefined ? spec.chap : login.chap;
  // libiscsi takes user and secret literally; it decodes nothing.
  const credentials = chap === null ? '' : `${chap.user}%${chap.secret}@`;
  const url = `iscsi://${credentials}${portal}/${spec.iqn}/${String(spec.lun)}`;
  return await outputOf('iscsi-inq', ['-i', login.initiator ?? spec.initiator, ...more, url]);
}

/** Returns what discovery shows to an initiator. */
export async function discover(portal: string, initiator: string): Promise<string> {
  return await outputOf('iscsi-ls', ['-i', initiator, `iscsi://${portal}`]);
}

async function outputOf(file: string, args: readonly string[]): Promise<string> {
  try {
    return (await execTool(file, args, { timeoutMs: 10_000 })).stdout;
  } catch (error) {
    if (error instanceof ExecError) {
      return error.stderrTail;
    }
    throw error;
  }
}

/** A session that stays open: QEMU's block layer with libiscsi, which reconnects by itself when it is cut. */
export class OpenDisk implements AsyncDisposable {
  readonly #child: ChildProcess;
  #output = '';
  #changed: () => void = () => undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    const collect = (chunk: Buffer): void => {
      this.#output += chunk.toString();
      this.#changed();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('exit', () => {
      this.#changed();
    });
  }

  /** @param length the disk's size, as qemu-io prints it */
  static async connect(portal: string, spec: DiskLogin, length = /16 MiB/): Promise<OpenDisk> {
    const options =
      `driver=iscsi,transport=tcp,portal=${portal},target=${spec.iqn},lun=${String(spec.lun)},` +
      `initiator-name=${spec.initiator},user=${spec.chap.user},password-secret=chap`;
    const secret = `secret,id=chap,data=${spec.chap.secret}`;
    const disk = new OpenDisk(
      spawn('qemu-io', ['--object', secret, '--image-opts', options], { stdio: 'pipe' }),
    );
    await disk.run('length', length);
    return disk;
  }

  /** Runs a command of qemu-io and waits until it has printed what is expected. */
  async run(command: string, expected: RegExp, timeoutMs = 30_000): Promise<void> {
    this.#output = '';
    this.#child.stdin?.write(`${command}\n`);
    const giveUp = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMs);
    try {
      while (!expected.test(this.#output)) {
        if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
          throw new Error(`qemu-io ended without printing ${String(expected)}: ${this.#output}`);
        }
        await new Promise<void>((resolve) => {
          this.#changed = resolve;
        });
      }
    } finally {
      clearTimeout(giveUp);
    }
  }

  /** Writes a MiB of one byte at the start of the disk and reads it back. */
  async use(byte: number): Promise<void> {
    await this.run(`write -P ${String(byte)} 0 1M`, /wrote 1048576\/1048576/);
    await this.run(`read -P ${String(byte)} 0 1M`, /read 1048576\/1048576/);
  }

  /** Keeps writing until the session is disposed of, without waiting for the results. */
  flood(): void {
    const write = 'aio_write -q 0 4M\n'.repeat(16);
    const feed = (): void => {
      while (this.#child.stdin?.writable === true && this.#child.stdin.write(`${write}aio_flush\n`)) {
        // The pipe accepts more.
      }
    };
    this.#child.stdin?.on('drain', feed).on('error', () => undefined);
    feed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await ended;
    }
  }
}
