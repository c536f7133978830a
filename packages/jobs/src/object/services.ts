import type { Clock } from '@patchbay/objects';

import type { Identity } from '../hosts/members.js';
import type { OutputStore } from '../output/output-store.js';
import type { Queue } from '../queue/queue.js';
import type { WorkerDesk } from '../queue/worker-desk.js';
import type { Workers } from '../queue/workers.js';
import type { Runs } from '../runs/runs.js';
import type { JobsOptions } from './options.js';
import type { Targets } from './targets.js';

/** What the methods of `jobs` work with. */
export interface JobsServices {
  readonly queue: Queue;
  readonly workers: Workers;
  readonly desk: WorkerDesk;
  readonly targets: Targets;
  readonly output: OutputStore;
  readonly runs: Runs;
  readonly identity: Identity;
  /** The workers that came by this machine's socket file. */
  readonly here: Set<string>;
  readonly options: JobsOptions;
  readonly clock: Clock;
}
