import { isRpcError } from '@patchbay/core';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import { type EndedOperation } from '../concurrency/operations.js';
import { type ReconcileReport } from '../reconcile/report.js';
import { type Survey } from './survey.js';

const prefix = 'patchbay_storage_';
/** From a clone of a few milliseconds to an import of half an hour. */
const operationSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];
const reconcileSeconds = [0.01, 0.05, 0.1, 0.5, 1, 5, 30];

/** The numbers of one storage object, in a registry of their own, for Prometheus. */
export class StorageMetrics {
  readonly #registry = new Registry();
  readonly #registers = [this.#registry];
  readonly #operations = new Counter({
    name: `${prefix}operations_total`,
    help: 'Operations that have ended, by kind, what they were on, and outcome: OK or the code of the error.',
    labelNames: ['kind', 'thing', 'outcome'],
    registers: this.#registers,
  });
  readonly #operationSeconds = new Histogram({
    name: `${prefix}operation_duration_seconds`,
    help: 'How long operations took, by kind and what they were on.',
    labelNames: ['kind', 'thing'],
    buckets: operationSeconds,
    registers: this.#registers,
  });
  readonly #reconciles = new Counter({
    name: `${prefix}reconciles_total`,
    help: 'Rounds of the reconciler, by outcome: OK, or FAILED where something could not be put right.',
    labelNames: ['outcome'],
    registers: this.#registers,
  });
  readonly #findings = new Counter({
    name: `${prefix}reconcile_findings_total`,
    help: 'What the reconciler found and did, by the names that its report has.',
    labelNames: ['finding'],
    registers: this.#registers,
  });
  readonly #reconcileSeconds = new Histogram({
    name: `${prefix}reconcile_duration_seconds`,
    help: 'How long a round of the reconciler took.',
    buckets: reconcileSeconds,
    registers: this.#registers,
  });
  readonly #restarts = new Counter({
    name: `${prefix}tgtd_restarts_total`,
    help: 'How often tgtd died and every export was made anew.',
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
    help: 'iSCSI sessions on our targets; absent while tgtd does not answer.',
    labelNames: [],
    registers: this.#registers,
  });
  readonly #poolBytes = new Gauge({
    name: `${prefix}pool_bytes`,
    help: "The size of the pool's filesystem, and what is free of it; absent while the pool is away.",
    labelNames: ['part'],
    registers: this.#registers,
  });

  /** The media type of `render`'s text. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  operationEnded({ request: { kind, resources }, error, durationMs }: EndedOperation): void {
    const [thing = ''] = resources[0].split(':', 1);
    const labels = { kind, thing };
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

  /** Gives all numbers as text, those that are counted at the moment from a survey. */
  render(counted: Survey): Promise<string> {
    for (const table of ['nodes', 'images', 'snapshots'] as const) {
      this.#records[table].reset();
      for (const [state, count] of counted[table]) {
        this.#records[table].set({ state }, count);
      }
    }
    setOrRemove(this.#sessions, {}, counted.sessions);
    setOrRemove(this.#poolBytes, { part: 'size' }, counted.capacity?.sizeBytes);
    setOrRemove(this.#poolBytes, { part: 'free' }, counted.capacity?.freeBytes);
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

/** A number that is not known is absent: an old one, or none at all as 0, would be taken for true. */
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
