import { join } from 'node:path';

import {
  type IdentityMethods,
  identityObjectName,
  type ObjectContext,
  type ObjectDefinition,
  type SignaturesOf,
} from '@patchbay/objects';
import { defineObject } from '@patchbay/objects/define';
import { connect, type ConnectOptions } from '@patchbay/rpcclient';
import { openSqliteStore } from '@patchbay/store';

import { ObjectWorker, objectPrefix } from '../object-worker/object-worker.js';
import { ItemOutput } from '../output/item-output.js';
import { OutputStore } from '../output/output-store.js';
import { startSweeping } from '../output/start-sweeping.js';
import { DueClock } from '../queue/due-clock.js';
import { Queue } from '../queue/queue.js';
import { startRetention } from '../queue/retention.js';
import { WorkerDesk } from '../queue/worker-desk.js';
import { Workers } from '../queue/workers.js';
import { hostPrefix } from '../records/keys.js';
import { Runs } from '../runs/runs.js';
import { Saving } from '../runs/saving.js';
import { jobMethods } from './methods/job-methods.js';
import { listMethods } from './methods/list-methods.js';
import { outputMethods } from './methods/output-methods.js';
import { runMethods } from './methods/run-methods.js';
import { workerMethods } from './methods/worker-methods.js';
import { type JobsOptions, parseJobsOptions } from './options.js';
import type { JobsServices } from './services.js';
import { Targets } from './targets.js';

/** The directory of the store in the state directory of the object. */
const storeDirectory = 'store';
/** The directory of what jobs wrote, there too. */
const outputDirectory = 'output';
/** How many revisions a watcher of leases may be behind before it has to look for them. */
const historyRevisions = 10_000;

/**
 * Creates the object `jobs`: opens its store, reads the jobs that have not ended, and starts to make those of objects.
 *
 * @throws RpcError `CONFIG_INVALID`, `STORE_...`
 */
export async function createJobs(options: unknown, context: ObjectContext): Promise<ObjectDefinition> {
  const parsed = parseJobsOptions(options);
  const started: AsyncDisposable[] = [];
  const close = async (): Promise<void> => {
    for (let last = started.pop(); last !== undefined; last = started.pop()) {
      await last[Symbol.asyncDispose]();
    }
  };
  try {
    return defineJobs(await start(parsed, context, (part) => started.push(part)), close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** Starts the parts of the object. @param use takes each part that is to be ended, after those that follow it */
async function start(
  options: JobsOptions,
  { name, stateDir, clock, log, nameServer, identity, interceptors = [] }: ObjectContext,
  use: (part: AsyncDisposable) => void,
): Promise<JobsServices> {
  const store = await openSqliteStore({
    directory: join(stateDir, storeDirectory),
    clock,
    log,
    historyRevisions,
    whenUnwritable: 'read',
  });
  use(store);
  const workers = await Workers.open({ store, clock, log });
  const { maxQueued: perQueue, maxJobs: total, maxArgumentBytes: bytes } = options;
  const bounds = { perQueue, total, bytes };
  const queue = await Queue.open({
    ...{ store, clock, log, bounds },
    leaseOf: (worker) => workers.leaseOf(worker),
  });
  use(workers);
  await workers.watch((worker) => queue.leaseEnded(worker));
  const client = connect({
    ...{ clock, log, interceptors, claims: name },
    nameServer: options.nameServer ?? nameServer,
    insecure: options.insecure,
    identity: identity as ConnectOptions['identity'],
  });
  use(client);
  const desk = new WorkerDesk({ queue, workers, clock });
  use(new DueClock(queue, { clock, log }));
  use(startRetention(queue, { keepMs: options.keep, clock, log }));
  const identityObject = client.proxy<IdentityMethods>(identityObjectName);
  use(await Saving.start({ queue, identity: identityObject, clock, log }));
  const isOnline = (host: string): boolean => workers.get(hostPrefix + host)?.isOnline === true;
  const runs = await Runs.open({ queue, log, isOnline });
  use(runs);
  workers.onPresence(() => {
    runs.presenceChanged();
  });
  const output = new OutputStore({
    ...{ directory: join(stateDir, outputDirectory), clock },
    ...{ maxBytes: options.maxOutputBytes, keptMs: options.keepOutput, keptBytes: options.keepOutputBytes },
  });
  use(startSweeping(output, { clock, log }));
  const items = new ItemOutput(output, { clock, log });
  const worker = { name: `${objectPrefix}${name}`, slots: options.slots };
  use(await ObjectWorker.start({ ...worker, queue, workers, client, items, clock, log }));
  return {
    ...{ queue, workers, desk, targets: new Targets(client, clock), output, runs, options, clock },
    ...{ identity: identityObject, here: new Set() },
  };
}

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function defineJobs(services: JobsServices, close: () => Promise<void>) {
  return defineObject({
    summary: 'Keeps calls: to be made later, elsewhere, or again if they fail',
    close,
    methods: {
      ...jobMethods(services),
      ...listMethods(services),
      ...outputMethods(services),
      ...runMethods(services),
      ...workerMethods(services),
    },
  });
}

/** The methods of the object `jobs`, for a client's proxy. */
export type Jobs = SignaturesOf<ReturnType<typeof defineJobs>>;
