import { Counter, Gauge, Histogram, Registry } from 'prom-client';

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
  readonly #registers = [this.#registry];
  readonly #operations = new Counter({
    name: `${prefix}operations_total`,
    help: 'Completed operations, by kind, type of resource, and outcome: OK or the code of the error.',
    labelNames: ['kind', 'resource', 'outcome'],
    registers: this.#registers,
  });
  readonly #operationSeconds = new Histogram({
    name: `${prefix}operation_duration_seconds`,
    help: 'Duration of operations, by kind and type of resource.',
    labelNames: ['kind', 'resource'],
    buckets: operationSeconds,
    registers: this.#registers,
  });
  readonly #reconciles = new Counter({
    name: `${prefix}reconciles_total`,
    help: 'Rounds of the reconciler, by outcome: OK, or FAILED if something could not be repaired.',
    labelNames: ['outcome'],
    registers: this.#registers,
  });
  readonly #findings = new Counter({
    name: `${prefix}reconcile_findings_total`,
    help: 'Findings and repairs of the reconciler, named as in its report.',
    labelNames: ['finding'],
    registers: this.#registers,
  });
  readonly #reconcileSeconds = new Histogram({
    name: `${prefix}reconcile_duration_seconds`,
    help: 'Duration of rounds of the reconciler.',
    buckets: reconcileSeconds,
    registers: this.#registers,
  });
  readonly #restarts = new Counter({
    name: `${prefix}tgtd_restarts_total`,
    help: 'Restarts of tgtd after which every export was rebuilt.',
    registers: this.#registers,
  });
  readonly #fetches = new Counter({
    name: `${prefix}boot_fetches_total`,
    help: 'Requests for boot scripts of nodes, by outcome.',
    labelNames: ['outcome'],
    registers: this.#registers,
  });
  readonly #records = {
    nodes: this.#gaugeOfStates('nodes'),
    images: this.#gaugeOfStates('images'),
    snapshots: this.#gaugeOfStates('snapshots'),
  };
  readonly #sessions = new Gauge({
    name: `${prefix}iscsi_sessions`,
    help: 'iSCSI sessions on our targets; absent while tgtd does not respond.',
    labelNames: [],
    registers: this.#registers,
  });
  readonly #poolBytes = new Gauge({
    name: `${prefix}pool_bytes`,
    help: "Size and free space of the pool's filesystem; absent while the pool is unavailable.",
    labelNames: ['part'],
    registers: this.#registers,
  });

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
    setOrRemove(this.#sessions, {}, statistics.sessions);
    setOrRemove(this.#poolBytes, { part: 'size' }, statistics.capacity?.sizeBytes);
    setOrRemove(this.#poolBytes, { part: 'free' }, statistics.capacity?.freeBytes);
    return this.#registry.metrics();
  }

  #gaugeOfStates(table: string): Gauge<'state'> {
    return new Gauge({
      name: `${prefix}${table}`,
      help: `The ${table} of the catalog, by state.`,
      labelNames: ['state'],
      registers: this.#registers,
    });
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
