import type { Proxy } from '@patchbay/objects';

import type { Catalog } from '../../../src/catalog/catalog.js';
import type { Storage } from '../../../src/index.js';

/** Where operations are asked for: the storage object as a client has it, and what is around it. */
export interface Site {
  readonly storage: Proxy<Storage>;
  /** Files with equal content that can be imported. */
  readonly sources: Sources;
  /** Adds a rule to the target of a node by hand, past the object. */
  addRule(node: string): Promise<void>;
  /** Boots a node as far as its disk is concerned. */
  boot(node: string): Promise<unknown>;
}

/** What images are imported from, as `import_image` takes it. */
export interface Sources {
  readonly raw: string;
  readonly qcow2: string;
  readonly web: string;
}

/** Something that is asked of the object. */
export type Step = (storage: Proxy<Storage>, site: Site) => PromiseLike<unknown>;

/** What the time that passes while no server runs makes due; the next server does it at its start. */
export class Due {
  readonly change: (catalog: Catalog) => Promise<void>;

  constructor(change: (catalog: Catalog) => Promise<void>) {
    this.change = change;
  }
}

/** An operation that changes something, and what must have been done before it. */
export interface OperationCase {
  readonly title: string;
  /** Default: nothing. */
  readonly prepare?: readonly (Step | Due)[];
  readonly operation: Step | Due;
  /**
   * Of one that concerns several things, or consists of several operations: each of these, done to what was prepared,
   * comes to what it may be cut short at, too.
   */
  readonly between?: readonly Step[];
  /** It consists of two, and ends as the second of them does, whatever comes of the first. */
  readonly isTwo?: boolean;
  /** All of its effects are on files, so that it has none where the files are in memory. */
  readonly isOfFiles?: boolean;
  /** The initiator of `node7` is connected, where that can be. */
  readonly isConnected?: boolean;
  /** It clones a disk or an image. */
  readonly clones?: boolean;
}
