import { z } from 'zod';

import {
  type Caller,
  type ClusterMember,
  type Grant,
  type IdentityMethods,
  RpcError,
  silentLog,
} from '@patchbay/objects';
import { arg, byteStream, clusterMember, defineObject, method, secret } from '@patchbay/objects/define';
import { FakeClock, Scratch } from '@patchbay/objects/testing';
import type { RemoteObject } from '@patchbay/rpcclient';
import { connectInMemory } from '@patchbay/rpcclient/testing';
import { openSqliteStore } from '@patchbay/store';

import { defineJobs, type Jobs } from '../src/object/create-jobs.js';
import { jobsOptions } from '../src/object/options.js';
import type { JobsServices } from '../src/object/services.js';
import { Targets } from '../src/object/targets.js';
import { ObjectWorker } from '../src/object-worker/object-worker.js';
import { ItemOutput } from '../src/output/item-output.js';
import { OutputStore } from '../src/output/output-store.js';
import { DueClock } from '../src/queue/due-clock.js';
import { Queue } from '../src/queue/queue.js';
import { WorkerDesk } from '../src/queue/worker-desk.js';
import { Workers } from '../src/queue/workers.js';
import { Runs } from '../src/runs/runs.js';
import { Saving } from '../src/runs/saving.js';

type Connected = ReturnType<typeof connectInMemory>;

/** What a test decides of the calls that jobs make. */
export interface Disks {
  /** Called by `check`, of a call that may wait. */
  check: (disk: string, signal: AbortSignal) => Promise<string>;
}

/** Returns an object for jobs to call. */
function disksObject(disks: Disks): ReturnType<typeof defineObject> {
  const disk = arg('disk', z.string(), 'the disk');
  return defineObject({
    summary: 'Has disks',
    methods: {
      check: method({
        summary: 'Check a disk',
        args: [disk],
        returns: z.string(),
        timeoutMs: 5_000,
        run: (name, { signal }) => disks.check(name, signal),
      }),
      look: method({
        summary: 'Look at a disk',
        access: 'view',
        args: [disk],
        returns: z.string(),
        idempotent: true,
        run: (name, { signal }) => disks.check(name, signal),
      }),
      key: method({ summary: 'Return a key', returns: secret(z.string()), run: () => 'hunter2' }),
      unlock: method({
        summary: 'Unlock a disk',
        args: [disk],
        options: { password: secret(z.string()).describe('its password') },
        returns: z.null(),
        run: () => null,
      }),
      fill: method({
        summary: 'Fill a disk',
        args: [arg('content', byteStream(), 'what with')],
        returns: z.null(),
        run: () => null,
      }),
      wipe: method({
        summary: 'Wipe a disk',
        args: [disk],
        returns: z.null(),
        requiresReason: true,
        run: () => null,
      }),
    },
  });
}

/** Knows hosts and their variables, as the name server's object `identity`. */
function identityOf(members: ClusterMember[]): ReturnType<typeof defineObject> {
  return defineObject({
    summary: 'Knows hosts',
    methods: {
      list_members: method({
        summary: 'List the hosts',
        access: 'view',
        options: {
          after: z.string().optional(),
          limit: z.int().default(1_000),
          variables: z.array(z.string()).default([]),
        },
        returns: z.array(clusterMember),
        run: ({ after = '', limit, variables }) =>
          members
            .filter(({ name }) => name > after)
            .slice(0, limit)
            .map((each) => ({
              ...each,
              variables: Object.fromEntries(
                Object.entries(each.variables).filter(([name]) => variables.includes(name)),
              ),
            })),
      }),
      set_variables: method({
        summary: 'Set variables',
        access: 'administer',
        args: [arg('host', z.string(), 'the host'), arg('variables', z.array(z.string()), 'KEY=VALUE')],
        returns: z.null(),
        run: (host, texts) => {
          const member = members.find(({ name }) => name === host);
          for (const text of texts) {
            const [key = '', value = ''] = text.split('=');
            Object.assign(member?.variables ?? {}, { [key]: value });
          }
          return null;
        },
      }),
    },
  });
}

/** Returns a host that an admin has sorted. */
function memberOf(name: string, role: string): ClusterMember {
  return { name, groups: ['linux'], labels: { role }, variables: {} };
}

/** Knows every name, as a name server where they all are registered. */
const names = defineObject({
  summary: 'Knows names',
  methods: {
    lookup: method({
      summary: 'Look up a name',
      access: 'open',
      args: [arg('name', z.string(), 'the name')],
      returns: z.string(),
      run: (name) => name,
    }),
  },
});

/** Returns somebody who has roles. */
export function callerOf(principal: Caller['principal'], ...roles: Grant[]): Caller {
  return { peer: 'test', principal, groups: [], roles };
}

const everywhere = { objects: '**', methods: '*' };
/** Callers who differ in what they may do. */
export const callers = {
  alice: callerOf('user:alice', { role: 'operator', objects: 'disks', methods: '*' }),
  bob: callerOf('user:bob', { role: 'viewer', ...everywhere }),
  carol: callerOf('user:carol', { role: 'operator', ...everywhere }),
  mallory: callerOf('user:mallory', { role: 'operator', objects: 'other', methods: '*' }),
  web1: callerOf('host:web-1'),
  web2: callerOf('host:web-2'),
} as const;

/** The object `jobs` on a clock that a test moves, with an object that it calls in memory. */
export class TestJobs implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly disks: Disks = { check: (disk) => Promise.resolve(`${disk} is fine`) };
  /** Who may still call, of those on whose behalf jobs call. */
  readonly known = new Map<string, Caller>(Object.values(callers).map((each) => [each.principal, each]));
  /** The hosts of the cluster. */
  readonly members: ClusterMember[] = [
    memberOf('db-1', 'db'),
    memberOf('web-1', 'web'),
    memberOf('web-2', 'web'),
  ];
  readonly #scratch: Scratch;
  readonly #target: Connected;
  services!: JobsServices;
  #clients: Connected[] = [];
  #parts: (AsyncDisposable | Disposable)[] = [];

  private constructor(scratch: Scratch) {
    this.#scratch = scratch;
    this.#target = connectInMemory(
      { disks: disksObject(this.disks), identity: identityOf(this.members), nameserver: names },
      {
        clock: this.clock,
        server: {
          log: silentLog,
          delegations: {
            callerFor: (principal) => this.known.get(principal),
            mayDelegate: () => true,
          },
        },
      },
    );
  }

  static async open(): Promise<TestJobs> {
    const test = new TestJobs(await Scratch.make());
    await test.start();
    return test;
  }

  async start(): Promise<void> {
    const { clock } = this;
    const log = silentLog;
    const store = await openSqliteStore({ directory: this.#scratch.path, clock });
    const workers = await Workers.open({ store, clock, log });
    const bounds = { perQueue: 100, total: 200, bytes: 2 ** 20 };
    const queue = await Queue.open({
      ...{ store, clock, log, bounds },
      leaseOf: (worker) => workers.leaseOf(worker),
    });
    await workers.watch((worker) => queue.leaseEnded(worker));
    const desk = new WorkerDesk({ queue, workers, clock });
    const due = new DueClock(queue, { clock, log });
    const output = new OutputStore({ directory: this.#scratch.file('output'), clock });
    const worker = await ObjectWorker.start({
      ...{
        name: 'object:jobs',
        slots: 2,
        client: this.#target,
        items: new ItemOutput(output, { clock, log }),
      },
      ...{ queue, workers, clock, log },
    });
    const options = jobsOptions.parse({});
    const identity = this.#target.proxy<IdentityMethods>('identity');
    const saving = await Saving.start({ queue, identity, clock, log });
    const isOnline = (host: string): boolean => workers.get(`host:${host}`)?.isOnline === true;
    const runs = await Runs.open({ queue, log, isOnline });
    workers.onPresence(() => {
      runs.presenceChanged();
    });
    const targets = new Targets(this.#target, clock);
    this.services = {
      ...{ queue, workers, desk, targets, output, runs, identity, options, clock },
      here: new Set(),
    };
    this.#parts = [store, workers, desk, due, saving, runs, worker];
  }

  /** Returns the error of an object that cannot be used for a while. */
  unavailable(): RpcError {
    return new RpcError('UNAVAILABLE', 'DISK_BUSY', 'the disk is busy');
  }

  /** Ends the process: nothing of it is told, as by kill -9, but that the store is closed. */
  async kill(): Promise<void> {
    const [store] = this.#parts.splice(0, 1);
    await (store as AsyncDisposable)[Symbol.asyncDispose]();
    await this.#end();
  }

  /** Stops the process in order. */
  async stop(): Promise<void> {
    await this.#end();
  }

  /** Returns the object as somebody who calls it. */
  as(caller: Caller): RemoteObject<Jobs> {
    const object = defineJobs(this.services, () => Promise.resolve());
    const client = connectInMemory(
      { jobs: object },
      { clock: this.clock, server: { caller, log: silentLog } },
    );
    this.#clients.push(client);
    return client.proxy<Jobs>('jobs');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
    await this.#target.close();
    await this.#scratch.close();
  }

  async #end(): Promise<void> {
    for (const client of this.#clients.splice(0)) {
      await client.close();
    }
    for (const part of this.#parts.splice(0).reverse()) {
      if (Symbol.asyncDispose in part) {
        await part[Symbol.asyncDispose]();
      } else {
        part[Symbol.dispose]();
      }
    }
  }
}
