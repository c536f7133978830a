import type { Log } from '@patchbay/objects';

import type { Catalog } from '../catalog/catalog.js';
import type { Exports } from './exports.js';
import type { Intents } from './intents.js';

/** What every operation on a node works with. */
export interface NodeServices {
  readonly intents: Intents;
  readonly catalog: Catalog;
  readonly exports: Exports;
  readonly log: Log;
}
