import type { ExportedNode } from '../catalog/tables.js';
import type { NodeName } from '../names.js';

export type ProvisionOutcome =
  | { readonly node: NodeName; readonly record: ExportedNode }
  | { readonly node: NodeName; readonly error: unknown };

/**
 * Provisions nodes, at most `concurrency` at the same time, and yields the outcome of each as it comes. A failure of one
 * does not stop the others. When the signal aborts, no further node is begun; those under way are finished or undone by
 * themselves.
 */
export async function* provisionMany(
  nodes: readonly NodeName[],
  concurrency: number,
  signal: AbortSignal,
  provision: (node: NodeName) => Promise<ExportedNode>,
): AsyncGenerator<ProvisionOutcome, void, undefined> {
  const waiting = [...new Set(nodes)].values();
  const running = new Map<NodeName, Promise<ProvisionOutcome>>();
  const begin = (): void => {
    const { value: node } = waiting.next();
    if (node !== undefined) {
      running.set(node, outcomeOf(node, provision));
    }
  };
  for (let started = 0; started < concurrency; started += 1) {
    begin();
  }
  while (running.size > 0) {
    const outcome = await Promise.race(running.values());
    running.delete(outcome.node);
    signal.throwIfAborted();
    begin();
    yield outcome;
  }
}

async function outcomeOf(
  node: NodeName,
  provision: (node: NodeName) => Promise<ExportedNode>,
): Promise<ProvisionOutcome> {
  try {
    return { node, record: await provision(node) };
  } catch (error) {
    return { node, error };
  }
}
