import { eventually } from '@patchbay/objects/testing';

import { output } from './command.js';
import { processesOf } from './machine.js';

const socketVariable = 'TGT_IPC_SOCKET';

/** A target as tgtadm shows it. */
export interface ShownTarget {
  readonly iqn: string;
  readonly state: string;
  readonly backingFiles: readonly string[];
  readonly accounts: readonly string[];
  readonly acl: readonly string[];
}

/** The tgtd that a storage object runs, inspected from outside. */
export class ServedTgtd {
  readonly #stateDir: string;

  /** @param stateDir the state directory of the storage object */
  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /** Returns the pids of the daemons of this storage object; there should be at most one. */
  async pids(): Promise<readonly number[]> {
    const found = await processesOf(this.#stateDir);
    return found.filter(({ command }) => command[0] === 'tgtd').map(({ pid }) => pid);
  }

  /** Kills the daemon, and waits until it has exited. */
  async kill(): Promise<void> {
    const pids = await this.pids();
    for (const pid of pids) {
      process.kill(pid, 'SIGKILL');
    }
    await eventually(async () => !(await this.pids()).some((pid) => pids.includes(pid)));
  }

  /** Returns the users of all accounts, bound to a target or not. */
  async accounts(): Promise<readonly string[]> {
    const [, ...users] = (await this.#show('account')).trimEnd().split('\n');
    return users.map((line) => line.trim());
  }

  async targets(): Promise<readonly ShownTarget[]> {
    const shown = await this.#show('target');
    return shown.split(/^(?=Target )/m).flatMap((text) => (text === '' ? [] : [readTarget(text)]));
  }

  #show(mode: string): Promise<string> {
    return output(['tgtadm', '-C', '0', '--lld', 'iscsi', '--mode', mode, '--op', 'show'], {
      environment: { [socketVariable]: `${this.#stateDir}/tgt/control` },
    });
  }
}

function readTarget(text: string): ShownTarget {
  return {
    iqn: /^Target \d+: (\S+)/.exec(text)?.[1] ?? '',
    state: /^ +State: (\S+)/m.exec(text)?.[1] ?? '',
    backingFiles: [...text.matchAll(/^ +Backing store path: (\/.*)$/gm)].map(([, path = '']) => path),
    accounts: linesUnder('Account information:', text),
    acl: linesUnder('ACL information:', text),
  };
}

function linesUnder(title: string, text: string): string[] {
  const section = text.split(title)[1]?.split(/^ {4}\S/m)[0] ?? '';
  return section.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
}
