import { type Iqn } from '../names.js';

/** The secret that a node's initiator must prove to know. */
export interface ChapAccount {
  readonly user: string;
  readonly secret: string;
}

/** What an export shall be: everything derives from the catalog, so it can be rebuilt at any time. */
export interface TargetSpec {
  /** The target id, unique on this host; allocated by the catalog. */
  readonly tid: number;
  readonly iqn: Iqn;
  readonly lun: number;
  /** The absolute path of the file behind the LUN. */
  readonly backingPath: string;
  /** 32 hexadecimal digits that identify the disk to the node, whatever target it is behind. */
  readonly scsiId: string;
  readonly serial: string;
  /** The only initiator that may log in. */
  readonly initiator: Iqn;
  readonly chap: ChapAccount;
}

/** An initiator's connection to a target. */
export interface TargetConnection {
  readonly sid: number;
  readonly cid: number;
  readonly initiator: string;
  readonly address: string;
}

/** What a target is now, as the tool tells it. */
export interface TargetState {
  readonly tid: number;
  readonly iqn: string;
  readonly online: boolean;
  readonly backingPaths: ReadonlyMap<number, string>;
  readonly accounts: readonly string[];
  readonly initiators: readonly string[];
  readonly connections: readonly TargetConnection[];
}

/**
 * The host's iSCSI targets. Every `ensure` looks, acts and looks again: called twice it does nothing the
 * second time, and called after an interruption it finishes what was begun.
 */
export interface TargetHost extends AsyncDisposable {
  /** `host:port` where initiators connect. */
  readonly portal: string;
  /**
   * Makes the target be as specified. It is offline until its ACL and its account are set. A target that is
   * already right is not touched, so that its sessions go on; one with this tid or IQN that differs is remade.
   */
  ensureExported(spec: TargetSpec): Promise<void>;
  /** Cuts the target's sessions and removes it, its LUN and its account; fine when it is not there. */
  ensureRemoved(target: Pick<TargetSpec, 'tid' | 'iqn'>): Promise<void>;
  /** Says what is there, ours or not. */
  list(): Promise<readonly TargetState[]>;
  /**
   * Calls back whenever an empty tool was started, with service held back: after it was found dead, and at once
   * when the host itself began with an empty one. When the promise that the callback gives fulfils, the service
   * opens; when it rejects, it is called again, later each time. Until it is registered an empty tool serves nobody.
   *
   * The promise that this gives fulfils when the service is open: at once where a living tool was taken over.
   */
  onRestart(rebuild: () => Promise<void>): Promise<void>;
}
