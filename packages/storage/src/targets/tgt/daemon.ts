import { ControlSocket } from './control-socket.js';
import { TargetView } from './target-view.js';
import { Tgtadm } from './tgtadm.js';
import { type ProcessIdentity } from './tgtd-process.js';

/** How a tgtd is commanded, and what it has as we know it. */
export interface CommandedDaemon {
  readonly tgtadm: Tgtadm;
  readonly view: TargetView;
}

/** A running tgtd: its process, and how it is commanded. All of them end with it. */
export interface Daemon extends CommandedDaemon {
  readonly process: ProcessIdentity;
  readonly socket: ControlSocket;
}

/** How a daemon is met. */
export interface DaemonOptions {
  /** The path of its control socket. */
  readonly socket: string;
  /** How long an answer may take, in milliseconds. */
  readonly answerTimeoutMs?: number | undefined;
  /** Whether it was started just now, and so has no target. */
  readonly isEmpty: boolean;
}

/** Makes what a daemon is commanded by. */
export function commandDaemon(process: ProcessIdentity, options: DaemonOptions): Daemon {
  const socket = new ControlSocket(options.socket, options.answerTimeoutMs);
  const tgtadm = new Tgtadm(socket);
  return { process, socket, tgtadm, view: new TargetView(tgtadm, options.isEmpty) };
}
