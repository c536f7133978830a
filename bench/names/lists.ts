import { type ListOptions } from '@patchbay/objects';

import { median } from '../statistics.js';
import { listed, type Names } from './registry.js';

const times = 200;
const warmUps = 50;

/** What is listed, each time `listed` names. */
const kinds: Readonly<Record<string, ListOptions>> = {
  'by prefix': { prefix: 'rack0007/' },
  'by a word of metadata': { meta: ['rack=rack0007'] },
  'by metadata, all of two': { meta: ['role', 'rack=rack0007'] },
  'by metadata, any of two': { anyMeta: ['rack=rack0007', 'role=none'] },
};

/** Measures lists of `listed` names; returns the median times in microseconds, by what is listed. */
export async function benchLists(names: Names): Promise<ReadonlyMap<string, number>> {
  const figures = new Map<string, number>();
  for (const [kind, options] of Object.entries(kinds)) {
    const us: number[] = [];
    for (let index = 0; index < warmUps + times; index += 1) {
      const startedMs = performance.now();
      const page = await names.list({ ...options, limit: listed });
      us.push((performance.now() - startedMs) * 1000);
      if (page.names.length !== listed) {
        throw new Error(`a list ${kind} gave ${String(page.names.length)} names`);
      }
    }
    figures.set(kind, median(us.slice(warmUps)));
  }
  return figures;
}
