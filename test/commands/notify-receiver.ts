import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { eventually } from '@patchbay/objects/testing';

import { root } from '../repository.js';
import { follow, type Running } from './programs.js';

/** What arrived. */
export interface Notification {
  readonly text: string;
  /** When, in microseconds of CLOCK_MONOTONIC. */
  readonly monotonic?: number;
}

/** Listens where systemd would, on a real datagram socket. */
export class NotifyReceiver implements AsyncDisposable {
  readonly #running: Running;

  private constructor(running: Running) {
    this.#running = running;
  }

  static async listen(path: string): Promise<NotifyReceiver> {
    const script = join(root, 'test/commands/notify_receiver.py');
    const receiver = new NotifyReceiver(
      follow(spawn('python3', [script, path], { stdio: ['ignore', 'pipe', 'pipe'] })),
    );
    await receiver.got('bound');
    return receiver;
  }

  get notifications(): readonly Notification[] {
    const lines = this.#running.said.stdout.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Notification);
  }

  /** How often this arrived. */
  count(text: string): number {
    return this.notifications.filter((each) => each.text === text).length;
  }

  /** Waits until this has arrived so often. */
  async got(text: string, times = 1): Promise<void> {
    await eventually(() => {
      if (this.count(text) < times) {
        throw new Error(`there came ${JSON.stringify(this.notifications)}, ${this.#running.said.stderr}`);
      }
    }, 20_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#running.child.kill('SIGKILL');
    await this.#running.ended;
  }
}
