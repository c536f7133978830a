import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import { requireTools } from '@patchbay/objects/testing';

import { inquire } from '../targets/initiators.js';
import { type Provisioned, RunningStorage } from './running-storage.js';

interface Answer {
  readonly method: string;
  readonly words: readonly [node: string];
  readonly result: Provisioned;
}

/** Lets a process work until it has given some answers, kills it a moment later, and gives the answers. */
async function workUntilKilled(storage: RunningStorage, round: number): Promise<Answer[]> {
  const script = new URL('./storage-process.js', import.meta.url).pathname;
  const options = JSON.stringify({ pool: storage.pool, portal: storage.portal });
  const child = spawn(process.execPath, [script, options, storage.stateDir(), String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const answers: Answer[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    answers.push(JSON.parse(line) as Answer);
    if (answers.length === 3 + round) {
      // Any moment will do, and it shall be another one each time.
      void delay(Math.random() * 25).then(() => child.kill('SIGKILL'));
    }
  }
  await ended;
  return answers;
}

describe('a storage object whose process is killed', function () {
  this.timeout(120_000);

  before(function () {
    requireTools(this, 'tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'iscsi-inq');
  });

  it('has lost no answer that it gave, and left nothing behind, when it is back', async () => {
    await using storage = await RunningStorage.start({ reflinks: false });
    await storage.call('import_image', 'ubuntu', storage.source);
    const standing = new Map<string, Provisioned>();
    await storage.stopObject();

    for (let round = 0; round < 4; round += 1) {
      const answers = await workUntilKilled(storage, round);
      for (const { method, words, result } of answers) {
        if (method === 'provision') {
          standing.set(words[0], result);
        } else if (method === 'detach_node') {
          standing.delete(words[0]);
        }
      }
      await storage.startObject();

      const listed = await storage.call<{ node: string; state: string }[]>('list_nodes');
      expect(listed.filter(({ state }) => state !== 'ready')).to.deep.equal([]);
      const last = answers.at(-1)?.words[0];
      for (const [node, made] of standing) {
        // The last node may have been detached without an answer; no other may be gone.
        if (node === last && !listed.some((each) => each.node === node)) {
          standing.delete(node);
          continue;
        }
        expect(await storage.call('provision', node, 'ubuntu')).to.deep.equal(made);
        expect(await inquire(storage.portal, await storage.login(node, made))).to.match(/CONNECTED/);
      }
      const report = await storage.call<Record<string, unknown>>('reconcile');
      expect(Object.values(report).flat().filter(Boolean)).to.deep.equal([]);
      await storage.stopObject();
    }
  });
});
