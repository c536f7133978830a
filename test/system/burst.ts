import { expect } from 'chai';

import type { RpcError } from '@patchbay/objects';
import { eventually } from '@patchbay/objects/testing';

import type { Patchbay } from './patchbay.js';

type Provisioned = Awaited<ReturnType<Patchbay['storage']['provision']>>;

/**
 * Provisions some nodes and detaches others, all at once; after `answersBefore` answers an accident happens. Returns
 * what was answered, before or after it.
 */
export async function burst(
  patchbay: Patchbay,
  news: readonly string[],
  olds: readonly string[],
  answersBefore: number,
  accident: () => Promise<void>,
): Promise<{ provisioned: Map<string, Provisioned>; detached: string[] }> {
  const provisioned = new Map<string, Provisioned>();
  const detached: string[] = [];
  let answers = 0;
  let happening: Promise<void> | undefined;
  const answered = (): void => {
    answers += 1;
    if (answers === answersBefore) {
      happening = accident();
    }
  };
  const provision = async (node: string): Promise<void> => {
    provisioned.set(node, await patchbay.storage.provision(node, 'ubuntu'));
    answered();
  };
  const detach = async (node: string): Promise<void> => {
    await patchbay.storage.detach_node(node, { now: true });
    detached.push(node);
    answered();
  };
  const calls = [...news.map(provision), ...olds.map(detach)];
  const outcomes = await Promise.allSettled(calls);
  await happening;
  expect(happening, 'the accident').to.not.equal(undefined);
  // If the restart took longer than the lease, the name is back some time after it.
  await eventually(() => patchbay.storage.list_nodes());
  // What was not answered may be done or not, but may fail only because of the accident.
  const reasons = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [(outcome.reason as RpcError).reason] : [],
  );
  const excusable = [
    'CONNECTION_LOST',
    'NAMESERVER_UNAVAILABLE',
    'TARGET_TOOL_UNAVAILABLE',
    // If the restart took longer than the lease.
    'OBJECT_NOT_FOUND',
  ];
  expect(excusable).to.include.members([...new Set(reasons)]);
  return { provisioned, detached };
}
