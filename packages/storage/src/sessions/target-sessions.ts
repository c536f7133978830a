import type { TargetConnection } from '../targets/target-host.js';
import type { ConflictPolicy } from './conflict-policy.js';
import { judge, type Judgement, type WatchedSession } from './judge.js';

/**
 * For how long a conflict in which sessions were ended is remembered after the last of them, in milliseconds: their
 * initiators come back.
 */
const contestedMs = 30_000;

interface Session extends WatchedSession {
  heardMs: number | undefined;
  watchedSinceMs: number;
  receivedBytes: number | undefined;
}

/** The sessions of one target as they were seen from look to look. */
export class TargetSessions {
  readonly #sessions = new Map<number, Session>();
  readonly #endedMs = new Map<string, number>();
  #holder: number | undefined;
  #conflictMs = -Infinity;

  /** Takes over which sessions there are now. */
  see(connections: readonly TargetConnection[], nowMs: number): void {
    const present = new Map(connections.map((connection) => [connection.sid, connection]));
    for (const sid of this.#sessions.keys()) {
      if (!present.has(sid)) {
        this.#sessions.delete(sid);
      }
    }
    // Those seen first at the same time are in the order of their numbers, which tgtd counts up.
    for (const [sid, { initiator, address }] of [...present].sort(([a], [b]) => a - b)) {
      const known = this.#sessions.get(sid);
      if (known?.initiator !== initiator || known.address !== address) {
        this.#sessions.delete(sid);
        const session = { sid, initiator, address, firstSeenMs: nowMs, watchedSinceMs: nowMs };
        this.#sessions.set(sid, { ...session, heardMs: undefined, receivedBytes: undefined });
      }
    }
  }

  get count(): number {
    return this.#sessions.size;
  }

  /** Takes over how many bytes a session has received. Nothing is known of the time before the first call. */
  hear(sid: number, receivedBytes: number, nowMs: number): void {
    const session = this.#sessions.get(sid);
    if (session === undefined) {
      return;
    }
    if (session.receivedBytes === undefined) {
      session.watchedSinceMs = nowMs;
    } else if (receivedBytes !== session.receivedBytes) {
      session.heardMs = nowMs;
    }
    session.receivedBytes = receivedBytes;
  }

  /** Judges the sessions; undefined if there are none. */
  judge(policy: ConflictPolicy, nowMs: number): Judgement | undefined {
    const [oldest, ...others] = this.#sessions.values();
    if (oldest === undefined) {
      return undefined;
    }
    const isContested = this.isContested(nowMs);
    const past = { holder: this.#holder, endedMs: this.#endedMs, isContested };
    const judgement = judge([oldest, ...others], past, policy, nowMs);
    this.#holder = judgement.holder.sid;
    if (judgement.isConflict && judgement.end.length > 0) {
      this.#conflictMs = nowMs;
    }
    return judgement;
  }

  /** Notes that a session was ended. */
  ended({ sid, address }: WatchedSession, nowMs: number): void {
    this.#sessions.delete(sid);
    this.#endedMs.set(address, nowMs);
  }

  /** Reports whether a session was ended in a conflict a short time ago. */
  isContested(nowMs: number): boolean {
    return nowMs - this.#conflictMs < contestedMs;
  }
}
