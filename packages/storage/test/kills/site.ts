import { silentLog } from '@patchbay/objects';
import { connectInMemory } from '@patchbay/session/memory';

import type { Storage } from '../../src/index.js';
import { defineStorage } from '../../src/object/storage-object.js';
import type { Machine } from '../fakes/machine.js';
import type { Site, Sources } from './operations/operation.js';

/** Makes an object out of a machine, and a client of it in the same process. */
export function siteOf(machine: Machine, sources: Sources, addRule: Site['addRule']): Site {
  const object = defineStorage(machine.parts, () => Promise.resolve());
  const client = connectInMemory({ storage: object }, { timeoutMs: 'none', server: { log: silentLog } });
  return {
    storage: client.proxy<Storage>('storage'),
    sources,
    addRule,
    boot: (node) => machine.freshen(node),
  };
}
