import { ControlSocket } from './control-socket.js';
import { TargetCache } from './target-cache.js';
import { Tgtadm } from './tgtadm.js';
import type { ProcessIdentity } from './tgtd-process.js';

/** The commands to a tgtd, and what is cached of its state. */
export interface DaemonClient {
  readonly tgtadm: Tgtadm;
  readonly cache: TargetCache;
}

/** A running tgtd: its process and its client. A restarted tgtd is another one. */
export interface Daemon extends DaemonClient {
  readonly process: ProcessIdentity;
  readonly socket: ControlSocket;
}

/** How to connect to a daemon. */
export interface DaemonOptions {
  /** The path of its control socket. */
  readonly socket: string;
  /** How long a response may take, in milliseconds. */
  readonly answerTimeoutMs?: number | undefined;
  /** Whether it has just been started, and so has no targets. */
  readonly isEmpty: boolean;
}

/** Creates the client of a running tgtd. */
export function connectDaemon(process: ProcessIdentity, options: DaemonOptions): Daemon {
  const socket = new ControlSocket(options.socket, options.answerTimeoutMs);
  const tgtadm = new Tgtadm(socket);
  return { process, socket, tgtadm, cache: new TargetCache(tgtadm, options.isEmpty) };
}
