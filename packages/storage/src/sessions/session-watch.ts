import { type Clock, isRpcError, type Log } from '@patchbay/objects';

import { setAlert } from '../alerts/alerts.js';
import type { Catalog } from '../catalog/catalog.js';
import { type ExportedNode, nodes } from '../catalog/tables.js';
import { isExportWanted } from '../provision/node-states.js';
import type { TargetHost, TargetState } from '../targets/target-host.js';
import type { ConflictPolicy } from './conflict-policy.js';
import type { Judgement, WatchedSession } from './judge.js';
import { TargetSessions } from './target-sessions.js';

/** The time between two looks, in milliseconds. */
export const watchEveryMs = 500;
/** For how long after a connection came or went the sessions are looked at each time: a login takes a moment. */
const settleMs = 3000;

/** What sessions are watched with. */
export interface SessionWatchServices {
  readonly catalog: Catalog;
  readonly targets: Pick<
    TargetHost,
    'daemons' | 'connected' | 'list' | 'receivedBytes' | 'endSession' | 'refuseLogins'
  >;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly log: Log;
}

export interface SessionWatchOptions {
  /** The policy of nodes that have none of their own. */
  readonly onConflict: ConflictPolicy;
  /** Called for each session that was ended; must not throw. */
  readonly ended?: ((policy: ConflictPolicy) => void) | undefined;
}

/**
 * Watches for several machines that use one disk, by one identity: tgtd accepts both. A daemon's sessions are listed only
 * when a connection to its portal came or went, and while one of its targets has several sessions.
 */
export class SessionWatch {
  readonly #services: SessionWatchServices;
  readonly #options: SessionWatchOptions;
  /** By the IQN of the target. */
  readonly #targets = new Map<string, TargetSessions>();
  /** The targets that refuse further logins, by their IQN. */
  readonly #refusing = new Set<string>();
  readonly #seen = new Map<number, string>();
  readonly #lookUntilMs = new Map<number, number>();

  constructor(services: SessionWatchServices, options: SessionWatchOptions) {
    this.#services = services;
    this.#options = options;
  }

  /** Looks once, and ends and raises what is to be ended and raised. */
  async run(): Promise<void> {
    const { targets, clock } = this.#services;
    const connected = await targets.connected();
    for (const { daemon, state } of targets.daemons) {
      const nowMs = clock.monotonicMs();
      if (connected[daemon] === undefined || connected[daemon] !== this.#seen.get(daemon)) {
        this.#lookUntilMs.set(daemon, nowMs + settleMs);
      }
      this.#seen.set(daemon, connected[daemon] ?? '');
      if (state === 'ready' && nowMs <= (this.#lookUntilMs.get(daemon) ?? -Infinity)) {
        await this.#look(daemon);
      }
    }
  }

  async #look(daemon: number): Promise<void> {
    const { catalog, targets, clock } = this.#services;
    const states = await listed(targets.list(daemon));
    if (states === undefined) {
      return;
    }
    const records = (await catalog.list(nodes)).map(({ value }) => value).filter(isExportWanted);
    const byIqn = new Map<string, ExportedNode>(records.map((record) => [record.target.iqn, record]));
    for (const iqn of this.#targets.keys()) {
      if (!byIqn.has(iqn)) {
        this.#targets.delete(iqn);
        this.#refusing.delete(iqn);
      }
    }
    for (const state of states) {
      const record = byIqn.get(state.iqn);
      if (record !== undefined && (await this.#judge(record, state))) {
        this.#lookUntilMs.set(daemon, clock.monotonicMs() + settleMs);
      }
    }
  }

  /** Judges the sessions of one target, and reports whether to look again soon. */
  async #judge(record: ExportedNode, state: TargetState): Promise<boolean> {
    const { targets, clock } = this.#services;
    const { iqn, daemon, tid, connections } = state;
    const sessions = this.#targets.get(iqn) ?? new TargetSessions();
    this.#targets.set(iqn, sessions);
    sessions.see(connections, clock.monotonicMs());
    if (sessions.count > 1 || this.#refusing.has(iqn)) {
      for (const { sid, cid } of connections) {
        const bytes = await targets.receivedBytes({ daemon, tid, sid, cid });
        if (bytes !== undefined) {
          sessions.hear(sid, bytes, clock.monotonicMs());
        }
      }
    }
    const policy = record.target.onConflict ?? this.#options.onConflict;
    sessions.settle(clock.monotonicMs());
    const judgement = sessions.judge(policy, clock.monotonicMs());
    const isContested = sessions.isContested(clock.monotonicMs());
    await this.#refuseLogins(record, isContested);
    const isConflict = judgement?.isConflict === true || isContested;
    await setAlert(
      this.#services,
      record.node,
      'session-conflict',
      isConflict ? describe(judgement, policy) : undefined,
    );
    for (const session of judgement?.end ?? []) {
      await this.#end(record, session, policy, judgement?.isConflict === true);
      sessions.ended(session, clock.monotonicMs());
    }
    return sessions.count > 1 || isConflict;
  }

  /** Refuses logins before sessions are ended: an initiator logs in again at once, and what it had queued is written. */
  async #refuseLogins({ target }: ExportedNode, refuse: boolean): Promise<void> {
    if (refuse !== this.#refusing.has(target.iqn)) {
      await this.#services.targets.refuseLogins(target, refuse);
      if (refuse) {
        this.#refusing.add(target.iqn);
      } else {
        this.#refusing.delete(target.iqn);
      }
    }
  }

  async #end(
    { node, target }: ExportedNode,
    { sid, initiator, address }: WatchedSession,
    policy: ConflictPolicy,
    isConflict: boolean,
  ): Promise<void> {
    const { targets, log } = this.#services;
    await targets.endSession(target, sid);
    const fields = { node, initiator, address, policy };
    if (isConflict) {
      log.warn('ended a session, as another machine uses the disk', fields);
    } else {
      log.info('ended a session that its machine had left behind', fields);
    }
    this.#options.ended?.(policy);
  }
}

/** Returns what a daemon lists; undefined while it does not respond. */
async function listed<T>(listing: Promise<T>): Promise<T | undefined> {
  try {
    return await listing;
  } catch (error) {
    if (isRpcError(error, 'TARGET_TOOL_UNAVAILABLE')) {
      return undefined;
    }
    throw error;
  }
}

function describe(judgement: Judgement | undefined, policy: ConflictPolicy): string {
  const advice = 'find the machine that has the identity of another, or restart with an identity of its own';
  if (judgement === undefined || judgement.end.length === 0) {
    return `several machines use its disk at the same time, which corrupts it; ${advice}`;
  }
  const { address, initiator } = judgement.holder;
  const others = judgement.end.map((each) => each.address).join(', ');
  return `several machines log in to its disk; by the policy "${policy}" ${initiator} at ${address} has it, and sessions from ${others} are ended; ${advice}`;
}
