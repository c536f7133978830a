import { Counter, Gauge, Histogram, type MetricConfiguration, Registry } from 'prom-client';

import { isRpcError } from '@patchbay/objects';

import type { EndedOperation } from '../concurrency/operations.js';
import type { ReconcileReport } from '../reconcile/report.js';
import type { Statistics } from './statistics.js';

const prefix = 'patchbay_storage_';
/** From a clone of a few milliseconds to an import of half an hour. */
const operationSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];
const reconcileSeconds = [0.01, 0.05, 0.1, 0.5, 1, 5, 30];

/** The Prometheus metrics of one storage object, in their own registry. */
export class StorageMetrics {
  readonly #registry = new Registry();
  readonly #operations = this.#counter(
    `${prefix}operations_total`,
    'Completed operations, by kind, type of resource, and outcome: OK or the code of the error.',
    ['kind', 'resource', 'outcome'],
  );
  readonly #operationSeconds = new Histogram({
    ...this.#naming(
      `${prefix}operation_duration_seconds`,
      'Duration of operations, by kind and type of resource.',
    ),
    labelNames: ['kind', 'resource'],
    buckets: operationSeconds,
  });
  readonly #reconciles = this.#counter(
    `${prefix}reconciles_total`,
    'Rounds of the reconciler, by outcome: OK, or FAILED if something could not be repaired.',
    ['outcome'],
  );
  readonly #findings = this.#counter(
    `${prefix}reconcile_findings_total`,
    'Findings and repairs of the reconciler, named as in its report.',
    ['finding'],
  );
  readonly #reconcileSeconds = new Histogram({
    ...this.#naming(`${prefix}reconcile_duration_seconds`, 'Duration of rounds of the reconciler.'),
    buckets: reconcileSeconds,
  });
  readonly #restarts = this.#counter(
    `${prefix}tgtd_restarts_total`,
    'Restarts of tgtd after which every export was rebuilt.',
  );
  readonly #fetches = this.#counter(
    `${prefix}boot_fetches_total`,
    'Requests for boot scripts of nodes, by outcome.',
    ['outcome'],
  );
  readonly #records = {
    nodes: this.#gauge(`${prefix}nodes`, 'The nodes of the catalog, by state.', ['state']),
    images: this.#gauge(`${prefix}images`, 'The images of the catalog, by state.', ['state']),
    snapshots: this.#gauge(`${prefix}snapshots`, 'The snapshots of the catalog, by state.', ['state']),
  };
  readonly #alerts = this.#gauge(`${prefix}alerts`, 'Raised alerts about nodes, by kind.', ['kind']);
  readonly #sessionsEnded = this.#counter(
    `${prefix}iscsi_sessions_ended_total`,
    "Sessions that were ended, as another one uses the node's disk, by policy.",
    ['policy'],
  );
  readonly #sessions = this.#gauge(
    `${prefix}iscsi_sessions`,
    'iSCSI sessions on our targets; absent while tgtd does not respond.',
  );
  readonly #poolBytes = this.#gauge(
    `${prefix}pool_bytes`,
    "Size and free space of the pool's filesystem; absent while the pool is unavailable.",
    ['part'],
  );

  /** The media type of `render`'s text. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  operationEnded({ request: { kind, resources }, error, durationMs }: EndedOperation): void {
    const [resource = ''] = resources[0].split(':', 1);
    const labels = { kind, resource };
    const outcome = error === undefined ? 'OK' : isRpcError(error) ? error.code : 'UNEXPECTED';
    this.#operations.inc({ ...labels, outcome });
    this.#operationSeconds.observe(labels, durationMs / 1000);
  }

  reconciled(report: ReconcileReport, durationMs: number): void {
    this.#reconciles.inc({ outcome: report.failed.length === 0 ? 'OK' : 'FAILED' });
    this.#reconcileSeconds.observe(durationMs / 1000);
    for (const [finding, found] of Object.entries(report)) {
      this.#findings.inc({ finding }, typeof found === 'number' ? found : found.length);
    }
  }

  tgtdRestarted(): void {
    this.#restarts.inc();
  }

  sessionEnded(policy: string): void {
    this.#sessionsEnded.inc({ policy });
  }

  bootFetched(outcome: string): void {
    this.#fetches.inc({ outcome });
  }

  /** Returns all metrics as text, with the gauges set from the statistics. */
  render(statistics: Statistics): Promise<string> {
    for (const table of ['nodes', 'images', 'snapshots'] as const) {
      this.#records[table].reset();
      for (const [state, count] of statistics[table]) {
        this.#records[table].set({ state }, count);
      }
    }
    for (const [kind, count] of statistics.alerts) {
      this.#alerts.set({ kind }, count);
    }
    setOrRemove(this.#sessions, {}, statistics.sessions);
    setOrRemove(this.#poolBytes, { part: 'size' }, statistics.capacity?.sizeBytes);
    setOrRemove(this.#poolBytes, { part: 'free' }, statistics.capacity?.freeBytes);
    return this.#registry.metrics();
  }

  #counter<L extends string = never>(name: string, help: string, labelNames: L[] = []): Counter<L> {
    return new Counter({ ...this.#naming(name, help), labelNames });
  }

  #gauge<L extends string = never>(name: string, help: string, labelNames: L[] = []): Gauge<L> {
    return new Gauge({ ...this.#naming(name, help), labelNames });
  }

  #naming(name: string, help: string): Pick<MetricConfiguration<string>, 'name' | 'help' | 'registers'> {
    return { name, help, registers: [this.#registry] };
  }
}

/** Removes a gauge whose value is not available: an old value, or 0, would be taken for a true one. */
function setOrRemove<L extends string>(
  gauge: Gauge<L>,
  labels: Partial<Record<L, string>>,
  value: number | undefined,
): void {
  if (value === undefined) {
    gauge.remove(labels);
  } else {
    gauge.set(labels, value);
  }
}
