import { type SignaturesOf } from '@patchbay/objects';
import { defineObject } from '@patchbay/objects/define';

import { type Parts } from '../provision/parts.js';
import { type Reconciler } from '../reconcile/reconciler.js';
import { bootMethods } from './methods/boot-methods.js';
import { diskMethods } from './methods/disk-methods.js';
import { eventMethods } from './methods/event-methods.js';
import { imageMethods } from './methods/image-methods.js';
import { nodeMethods } from './methods/node-methods.js';
import { poolMethods } from './methods/pool-methods.js';
import { provisionManyMethods } from './methods/provision-many.js';
import { scheduleMethods } from './methods/schedule-methods.js';
import { snapshotMethods } from './methods/snapshot-methods.js';
import { upkeepMethods } from './methods/upkeep-methods.js';
import { onBehalfOfCallers } from './on-behalf.js';

/** Makes the storage object out of its parts. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function defineStorage(parts: Parts, reconciler: Reconciler, close: () => Promise<void>) {
  return defineObject({
    summary: 'Gives diskless nodes their disks: clones of images, each exported over iSCSI to one node alone',
    close,
    methods: onBehalfOfCallers(parts.catalog.actors, {
      ...imageMethods(parts),
      ...nodeMethods(parts),
      ...provisionManyMethods(parts),
      ...diskMethods(parts),
      ...snapshotMethods(parts),
      ...scheduleMethods(parts),
      ...eventMethods(parts),
      ...bootMethods(parts),
      ...poolMethods(parts),
      ...upkeepMethods(reconciler),
    }),
  });
}

/** The storage object's methods, for a client's proxy. */
export type Storage = SignaturesOf<ReturnType<typeof defineStorage>>;
