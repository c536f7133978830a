import { type Iqn } from '../names.js';

/** The secret that a node's initiator must prove to know. */
export interface ChapAccount {
  readonly user: string;
  readonly secret: string;
}

/** Where a target is, and its name there. */
export interface TargetPlace {
  /** Which of the host's target daemons serves it; 0 is the first. */
  readonly daemon: number;
  /** The target id, unique on this host; allocated by the catalog. */
  readonly tid: number;
  readonly iqn: Iqn;
}

/** A target that shall go; its account too where it is named, also when the target itself is gone already. */
export interface UnwantedTarget extends TargetPlace {
  readonly chap?: Pick<ChapAccount, 'user'>;
}

/** What an export shall be: everything derives from the catalog, so it can be rebuilt at any time. */
export interface TargetSpec extends TargetPlace {
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
  readonly daemon: number;
  readonly tid: number;
  readonly iqn: string;
  readonly online: boolean;
  readonly backingPaths: ReadonlyMap<number, string>;
  readonly accounts: readonly string[];
  readonly initiators: readonly string[];
  readonly connections: readonly TargetConnection[];
  /** Whether nobody can write it, as its file could only be read when it was exported. */
  readonly readOnly?: boolean | undefined;
  /** Which secret it has, as `markerOf` gives it; absent where that cannot be known. */
  readonly secretMarker?: string | undefined;
}

/** A target daemon of this host, and how it is. */
export interface TargetDaemon {
  /** Its number, from 0. */
  readonly daemon: number;
  /**
   * - `ready`: it serves
   * - `held-back`: it was started empty, and serves nobody before its targets are rebuilt
   * - `degraded`: it lives and does not answer; commands to it fail at once. It is started again if it stays so
   */
  readonly state: 'ready' | 'held-back' | 'degraded';
}

/**
 * The host's iSCSI targets. Every `ensure` looks, acts and looks again: called twice it does nothing the
 * second time, and called after an interruption it finishes what was begun.
 */
export interface TargetHost extends AsyncDisposable {
  /** The daemons that run, by their numbers; at least one. Another is started when a target needs it. */
  readonly daemons: readonly TargetDaemon[];
  /** Says which daemon a new target of this id goes to: the first until it has its share, then the next. */
  daemonFor(tid: number): number;
  /** Gives `host:port` where the initiators of a daemon's targets connect. */
  portalOf(daemon: number): string;
  /**
   * Makes the target be as specified. It is offline until its ACL and its account are set. A target that is
   * already right is not touched, so that its sessions go on; one with this tid or IQN that differs is remade.
   */
  ensureExported(spec: TargetSpec): Promise<void>;
  /**
   * Makes an exported target show the size that its file has now. Its sessions are cut for a moment, after which
   * initiators that try again go on; a target that is missing or differs is remade.
   */
  reopen(spec: TargetSpec): Promise<void>;
  /** Cuts the target's sessions and removes it, its LUN and its account; fine when it is not there. */
  ensureRemoved(target: UnwantedTarget): Promise<void>;
  /** Names the accounts of a daemon that no target has. @throws RpcError `TARGET_TOOL_UNAVAILABLE` */
  looseAccounts(daemon: number): Promise<readonly string[]>;
  /** Removes an account, unless a target has it; fine when it is not there. */
  ensureAccountRemoved(daemon: number, user: string): Promise<void>;
  /** Says what is there on a daemon, ours or not. @throws RpcError `TARGET_TOOL_UNAVAILABLE` */
  list(daemon: number): Promise<readonly TargetState[]>;
  /**
   * Calls back whenever an empty daemon was started, with service held back: after it was found dead, and at once
   * when the host itself began with an empty one. When the promise that the callback gives fulfils, the daemon's
   * service opens; when it rejects, it is called again, later each time. Until it is registered an empty daemon
   * serves nobody.
   *
   * The promise that this gives fulfils when every daemon's service is open: at once where living ones were taken over.
   */
  onRestart(rebuild: (daemon: number) => Promise<void>): Promise<void>;
}
