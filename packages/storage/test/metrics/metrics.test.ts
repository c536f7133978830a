import { expect } from 'chai';

import type { OperationRequest } from '../../src/concurrency/operation.js';
import { StorageMetrics } from '../../src/metrics/metrics.js';
import { type Capacity, collectStatistics, type Statistics } from '../../src/metrics/statistics.js';
import { storageError } from '../../src/errors.js';
import { emptyReport } from '../../src/reconcile/report.js';
import { World } from '../fakes/world.js';

const capacity = (): Promise<Capacity> => Promise.resolve({ sizeBytes: 1000, freeBytes: 600 });
const nothing: Statistics = {
  nodes: new Map(),
  images: new Map(),
  snapshots: new Map(),
  sessions: undefined,
  alerts: new Map(),
  capacity: undefined,
};
const operation: OperationRequest = { resources: ['node:node7'], kind: 'provision', parameters: {} };

/** Returns the lines of the text that contain a number, without the prefix. */
async function numbers(metrics: StorageMetrics, statistics: Statistics = nothing): Promise<string[]> {
  const text = await metrics.render(statistics);
  return text
    .split('\n')
    .filter((line) => line.startsWith('patchbay_storage_'))
    .map((line) => line.slice('patchbay_storage_'.length));
}

describe('the metrics', () => {
  it('count operations by kind and outcome, and time them', async () => {
    const metrics = new StorageMetrics();
    metrics.operationEnded({ request: operation, error: undefined, durationMs: 30 });
    const full = storageError('POOL_FULL', 'no room');
    metrics.operationEnded({ request: operation, error: full, durationMs: 10 });
    metrics.operationEnded({ request: operation, error: new Error('?'), durationMs: 10 });

    expect(await numbers(metrics)).to.include.members([
      'operations_total{kind="provision",resource="node",outcome="OK"} 1',
      'operations_total{kind="provision",resource="node",outcome="RESOURCE_EXHAUSTED"} 1',
      'operations_total{kind="provision",resource="node",outcome="UNEXPECTED"} 1',
      'operation_duration_seconds_bucket{le="0.025",kind="provision",resource="node"} 2',
      'operation_duration_seconds_count{kind="provision",resource="node"} 3',
    ]);
  });

  it('count rounds of the reconciler, and what they found', async () => {
    const metrics = new StorageMetrics();
    metrics.reconciled({ ...emptyReport(), exported: ['node:a', 'node:b'], removedTemporaries: 3 }, 5);
    const failed = [{ resource: 'node:a', reason: 'X', message: 'x' }];
    metrics.reconciled({ ...emptyReport(), failed }, 5);

    expect(await numbers(metrics)).to.include.members([
      'reconciles_total{outcome="OK"} 1',
      'reconciles_total{outcome="FAILED"} 1',
      'reconcile_findings_total{finding="exported"} 2',
      'reconcile_findings_total{finding="removedTemporaries"} 3',
      'reconcile_findings_total{finding="failed"} 1',
      'reconcile_duration_seconds_count 2',
    ]);
  });

  it('count restarts of tgtd and fetches of boot scripts, from zero', async () => {
    const metrics = new StorageMetrics();
    expect(await numbers(metrics)).to.include('tgtd_restarts_total 0');
    metrics.tgtdRestarted();
    metrics.bootFetched('granted');
    expect(await numbers(metrics)).to.include.members([
      'tgtd_restarts_total 1',
      'boot_fetches_total{outcome="granted"} 1',
    ]);
  });

  it('of two objects are independent', async () => {
    const [one, two] = [new StorageMetrics(), new StorageMetrics()];
    one.tgtdRestarted();
    expect(await numbers(two)).to.include('tgtd_restarts_total 0');
  });

  it('show the current numbers', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { target } = await machine.provision('node7', 'ubuntu');
    await machine.provision('node8', 'ubuntu');
    await machine.snapshot('node7', 's');
    await machine.detach('node8', true);
    const connection = { cid: 0, initiator: target.initiator, address: '10.0.0.7' };
    // Two connections of one session, and another session.
    world.targets.connections.set(target.iqn, [
      { ...connection, sid: 1 },
      { ...connection, sid: 1, cid: 1 },
      { ...connection, sid: 2 },
    ]);

    const statistics = await collectStatistics(machine.parts, capacity);

    expect(await numbers(new StorageMetrics(), statistics)).to.include.members([
      'nodes{state="ready"} 1',
      'nodes{state="detached"} 1',
      'images{state="ready"} 1',
      'snapshots{state="ready"} 1',
      'iscsi_sessions 2',
      'pool_bytes{part="size"} 1000',
      'pool_bytes{part="free"} 600',
    ]);
  });

  it('omit what is not available now, and what no longer exists', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    const metrics = new StorageMetrics();
    await numbers(metrics, await collectStatistics(machine.parts, capacity));

    world.targets.available = false;
    const statistics = await collectStatistics(machine.parts, () => Promise.reject(new Error('not mounted')));

    const shown = (await numbers(metrics, { ...statistics, nodes: new Map() })).join('\n');
    expect(shown).to.not.match(/^(?:iscsi_sessions|pool_bytes|nodes)/m);
    expect(shown).to.include('images{state="ready"} 1');
  });
});
