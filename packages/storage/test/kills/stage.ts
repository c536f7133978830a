import type { Inventory } from '../../src/testing/inventory.js';
import type { Due, Site } from './operations/operation.js';

/** One life of a server, as long as it has not died. */
export interface Server extends Site {
  /** Fulfils when it has died. */
  readonly death: Promise<'died'>;
  /** Lets it die at its nth effect from now on, counted from 1; undefined: at none. */
  dieAt(nth: number | undefined): Promise<void>;
  /** Waits until the programs have ended that it left running; says whether there were any. */
  orphansEnd(): Promise<boolean>;
}

/** Where servers live and die, one after the other. Catalog, files and targets outlive them. */
export interface Stage {
  /**
   * Ends the life that there is as a kill does, and lets a server start on what there is. Fulfils when it has done what
   * a start does: recovered what was cut short, and what is due.
   * @param dieAt at which of its effects it dies, counted from 1; default: at none
   */
  start(dieAt?: number): Promise<Server | 'died'>;
  /** Ends the life that there is, as a kill does: nothing is tidied up. */
  end(): Promise<void>;
  /** Lets time pass, between two lives. */
  pass(due: Due): Promise<void>;
  /** Keeps the catalog and the files as they are, between two lives; by a name. */
  save(name: string): Promise<void>;
  /** Makes the catalog and the files be as they were saved; the targets go, for the next life to make them again. */
  restore(name: string): Promise<void>;
  /** Takes stock of everything that there is. */
  takeStock(): Promise<Inventory>;
}
