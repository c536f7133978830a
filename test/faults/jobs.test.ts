import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'chai';

import { isFinalJobState, isRpcError, type JobsMethods, type JobView } from '@patchbay/objects';
import { eventually } from '@patchbay/objects/testing';
import { connect, type RemoteObject } from '@patchbay/rpcclient';

import { Random } from '../soak/random.js';
import { JobsMachine, type JobsVictim } from './jobs-machine.js';

// `npm run soak jobs` sets them.
const {
  PATCHBAY_SOAK: soak,
  PATCHBAY_SEED: seed = '14',
  PATCHBAY_KILLS: kills = soak === undefined ? '20' : '1000',
} = process.env;
/** How long jobs may take to end when nothing is killed any more, in milliseconds. */
const settleMs = 120_000;
const victims: readonly JobsVictim[] = ['jobs', 'agent', 'nameserver'];

/** A call that was submitted. */
interface Submitted {
  /** The id of its job. */
  readonly id: string;
  readonly method: 'once' | 'again';
  readonly isAcknowledged: boolean;
}

/** Submits jobs of all kinds, as they come, until it is told to stop. */
class Submitter {
  readonly submitted: Submitted[] = [];
  readonly #machine: JobsMachine;
  readonly #jobs: RemoteObject<JobsMethods>;
  readonly #random: Random;
  readonly #ended: Promise<void>;
  #isStopping = false;

  constructor(machine: JobsMachine, jobs: RemoteObject<JobsMethods>, random: Random) {
    this.#machine = machine;
    this.#jobs = jobs.with({ timeoutMs: 3_000 });
    this.#random = random;
    this.#ended = this.#submitAll();
    this.#ended.catch(() => undefined); // `stop` throws it
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#ended;
  }

  async #submitAll(): Promise<void> {
    for (let nth = 0; !this.#isStopping; nth += 1) {
      const method = this.#random.below(2) === 0 ? 'once' : 'again';
      const id = `call-${String(nth)}`;
      const args = [this.#machine.file('marks.txt'), id, this.#random.below(80)];
      const retries = this.#random.below(3);
      let isAcknowledged = false;
      try {
        await this.#jobs.submit('marks', method, args, {
          ...{ id, backoffMs: 50, retries: method === 'once' ? 0 : retries },
        });
        isAcknowledged = true;
      } catch (error) {
        if (!isRpcError(error, 'CONNECTION_LOST', 'DEADLINE_PASSED') && !isAway(error)) {
          throw error;
        } // it may have been kept, or not
      }
      this.submitted.push({ id, method, isAcknowledged });
      await delay(this.#random.below(40));
    }
  }
}

function isAway(error: unknown): boolean {
  return isRpcError(error) && (error.code === 'UNAVAILABLE' || error.code === 'NOT_FOUND');
}

describe('Jobs whose daemons are killed at random', () => {
  it('are all kept, none begins twice that may not, and all end', async function () {
    const count = Number(kills);
    this.timeout(settleMs + 60_000 + count * 10_000);
    const random = new Random(Number(seed));
    await using machine = await JobsMachine.start();
    await using client = connect({ nameServer: machine.nameServer });
    const jobs = client.proxy<JobsMethods>('jobs');
    const submitter = new Submitter(machine, jobs, new Random(Number(seed) + 1));
    for (let kill = 0; kill < count; kill += 1) {
      await delay(random.below(400));
      const victim = victims[random.below(victims.length)] ?? 'jobs';
      await machine.kill(victim, random.below(4) > 0); // the others are killed again while they start
      if (soak !== undefined && kill % 50 === 49) {
        process.stdout.write(`${String(kill + 1)} kills, ${String(submitter.submitted.length)} jobs\n`);
      }
    }
    await submitter.stop();
    await machine.heal();

    const { submitted } = submitter;
    const lines = async (): Promise<string[]> =>
      (await readFile(machine.file('marks.txt'), 'utf8')).split('\n').slice(0, -1);
    const states = new Map<string, number>();
    for (const { id, method, isAcknowledged } of submitted) {
      const job = await ended(jobs, id, isAcknowledged);
      if (job !== undefined) {
        states.set(job.state, (states.get(job.state) ?? 0) + 1);
        const begun = (await lines()).filter((line) => line === id).length;
        const about = `${method} ${JSON.stringify(job)}, begun ${String(begun)} times`;
        if (method === 'once') {
          expect(begun, about).to.be.at.most(1);
        }
        if (job.state === 'succeeded') {
          expect(begun, about).to.be.at.least(1);
        }
        expect(job.attempt, about).to.be.at.least(begun);
      }
    }
    const known = new Set(submitted.map(({ id }) => id));
    expect((await lines()).filter((line) => !known.has(line))).to.deep.equal([]);
    expect(states.get('succeeded')).to.be.above(count / 2);
    if (soak !== undefined) {
      process.stdout.write(`${seed}: ${kills} kills, jobs: ${JSON.stringify(Object.fromEntries(states))}\n`);
    }
  });
});

/** Waits until a job has ended; undefined for one that was never acknowledged, and is not there. */
async function ended(
  jobs: RemoteObject<JobsMethods>,
  id: string,
  isAcknowledged: boolean,
): Promise<JobView | undefined> {
  return await eventually(async () => {
    try {
      const job = await jobs.show(id);
      if (!isFinalJobState(job.state)) {
        throw new Error(`it has not ended: ${JSON.stringify(job)}`);
      }
      return job;
    } catch (error) {
      if (isRpcError(error, 'JOB_NOT_FOUND') && !isAcknowledged) {
        return undefined;
      }
      throw error;
    }
  }, settleMs);
}
