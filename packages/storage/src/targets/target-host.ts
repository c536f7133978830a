import type { Iqn } from '../names.js';

/** The account with which a node's initiator authenticates. */
export interface ChapAccount {
  readonly user: string;
  readonly secret: string;
}

/** What identifies a target on its host. */
export interface TargetAddress {
  /** The number of the host's target daemon that serves it, from 0. */
  readonly daemon: number;
  /** The target id, unique on this host; allocated by the catalog. */
  readonly tid: number;
  readonly iqn: Iqn;
}

/** A target, and the initiator that may log in to it. */
export interface LoginTarget extends TargetAddress {
  readonly initiator: Iqn;
}

/** A target to remove; with its account if given, even if the target itself is already gone. */
export interface TargetToRemove extends TargetAddress {
  readonly chap?: Pick<ChapAccount, 'user'>;
}

/** The desired state of an export. All of it derives from the catalog, so an export can be rebuilt at any time. */
export interface TargetSpec extends TargetAddress {
  readonly lun: number;
  /** The absolute path of the file behind the LUN. */
  readonly backingPath: string;
  /** 32 hexadecimal digits that identify the disk to the node, regardless of its target. */
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
  /** When it was first seen, in milliseconds since the Unix epoch; absent for one from before the host was started. */
  readonly sinceMs?: number | undefined;
}

/** A connection of a session, by its numbers. */
export interface ConnectionNumbers extends Pick<TargetConnection, 'sid' | 'cid'> {
  readonly daemon: number;
  readonly tid: number;
}

/** The actual state of a target, as the daemon shows it. */
export interface TargetState {
  readonly daemon: number;
  readonly tid: number;
  readonly iqn: string;
  readonly online: boolean;
  readonly backingPaths: ReadonlyMap<number, string>;
  readonly accounts: readonly string[];
  /** The rules of its ACL, also that of an initiator whose further logins are refused. */
  readonly initiators: readonly string[];
  readonly connections: readonly TargetConnection[];
  /** Whether it is read-only, because its file was not writable when it was exported. */
  readonly readOnly?: boolean | undefined;
  /** The marker of its secret, as `markerOf` returns it; absent if unknown. */
  readonly secretMarker?: string | undefined;
}

/** A target daemon of this host, and its state. */
export interface TargetDaemon {
  /** Its number, from 0. */
  readonly daemon: number;
  /**
   * - `ready`: it serves its targets
   * - `held-back`: it was started empty, and serves no initiator until its targets are rebuilt
   * - `degraded`: it runs but does not respond; commands to it fail at once. It is restarted if it stays so
   */
  readonly state: 'ready' | 'held-back' | 'degraded';
}

/**
 * The host's iSCSI targets. Every `ensure` method is idempotent: it compares, acts and verifies. Called again it does
 * nothing; called after an interruption it completes what was started.
 */
export interface TargetHost extends AsyncDisposable {
  /** The running daemons, indexed by their numbers; at least one. Another is started when a target needs it. */
  readonly daemons: readonly TargetDaemon[];
  /** Returns the daemon for a new target with this id: each is filled to its share before the next. */
  daemonFor(tid: number): number;
  /** Returns the `host:port` at which initiators reach a daemon's targets. */
  portalOf(daemon: number): string;
  /**
   * Brings the target into the specified state. A new one is offline until its ACL and its account are set. A target
   * that already matches is not touched, so its sessions continue; one with this tid or IQN that differs is rebuilt.
   */
  ensureExported(spec: TargetSpec): Promise<void>;
  /**
   * Makes an exported target show the current size of its file. Its sessions are cut for a moment, after which
   * initiators reconnect and continue; a target that is missing or differs is rebuilt.
   */
  reopen(spec: TargetSpec): Promise<void>;
  /** Cuts the target's sessions and removes it, its LUN and its account; does nothing if it does not exist. */
  ensureRemoved(target: TargetToRemove): Promise<void>;
  /** Lists the accounts of a daemon that are bound to no target. @throws RpcError `TARGET_TOOL_UNAVAILABLE` */
  looseAccounts(daemon: number): Promise<readonly string[]>;
  /** Removes an account unless it is bound to a target; does nothing if it does not exist. */
  ensureAccountRemoved(daemon: number, user: string): Promise<void>;
  /** Lists all targets of a daemon, ours or not. @throws RpcError `TARGET_TOOL_UNAVAILABLE` */
  list(daemon: number): Promise<readonly TargetState[]>;
  /**
   * Returns of each daemon, by its number, a text that changes whenever an initiator connects or disconnects; undefined
   * if that cannot be told. Much cheaper than `list`.
   */
  connected(): Promise<readonly (string | undefined)[]>;
  /** Returns how many bytes have been received on a connection; undefined if it has ended. */
  receivedBytes(connection: ConnectionNumbers): Promise<number | undefined>;
  /** Ends one session of a target, whose initiator may log in again; does nothing if it has ended. */
  endSession(target: TargetAddress, sid: number): Promise<void>;
  /**
   * Refuses further logins to a target, or accepts them again. Sessions that exist continue. A new host accepts them
   * once it exports the target again, and so does a target that was rebuilt.
   */
  refuseLogins(target: LoginTarget, refuse: boolean): Promise<void>;
  /**
   * Registers the callback that rebuilds an empty daemon, whose service is held back: after a restart, and at once if
   * the host itself started with an empty one. When the callback's promise resolves, the daemon's service opens; when
   * it rejects, the callback is called again, with growing delays. Until a callback is registered an empty daemon
   * serves no initiator.
   * Resolves when every daemon's service is open: at once if running ones were adopted.
   */
  onRestart(rebuild: (daemon: number) => Promise<void>): Promise<void>;
  /** Stops supervising the daemons, and ends them or leaves them running, depending on the host's options. */
  close(): Promise<void>;
}
