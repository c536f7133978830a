import type { TargetConnection } from '../targets/target-host.js';
import type { ConflictPolicy } from './conflict-policy.js';
import { isSilent, judge, type Judgement, type WatchedSession } from './judge.js';

/**
 * For how long further logins are refused after a machine was replaced, in milliseconds. Its initiator comes back, and
 * each time could write for a moment; so the time doubles whenever it still does.
 */
const replacedMs = { first: 30_000, max: 600_000 };

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
  #contestedUntilMs = -Infinity;
  #contests = 0;
  #policy: ConflictPolicy | undefined;

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
    if (policy !== this.#policy) {
      this.#policy = policy;
      this.#endContest();
    }
    const isContested = this.isContested(nowMs);
    if (!isContested && this.#contestedUntilMs > -Infinity) {
      // Whoever was refused comes back at once, and is not the last to log in for that.
      this.#contestedUntilMs = -Infinity;
      for (const address of this.#endedMs.keys()) {
        this.#endedMs.set(address, nowMs);
      }
    }
    const past = { holder: this.#holder, endedMs: this.#endedMs, isContested };
    const judgement = judge([oldest, ...others], past, policy, nowMs);
    this.#holder = judgement.holder.sid;
    if (judgement.isConflict && judgement.end.length > 0) {
      const forMs = Math.min(replacedMs.first * 2 ** this.#contests, replacedMs.max);
      this.#contestedUntilMs = policy === 'keep' ? Infinity : nowMs + forMs;
      this.#contests += 1;
    }
    return judgement;
  }

  /** Notes that a session was ended. */
  ended({ sid, address }: WatchedSession, nowMs: number): void {
    this.#sessions.delete(sid);
    this.#endedMs.set(address, nowMs);
  }

  /** Reports whether further logins are to be refused, as another machine than the holder of the disk wants it. */
  isContested(nowMs: number): boolean {
    return nowMs < this.#contestedUntilMs;
  }

  /** Ends the contest when its holder is gone: the session ended, or nothing has been heard of it for long. */
  settle(nowMs: number): void {
    const holder = this.#holder === undefined ? undefined : this.#sessions.get(this.#holder);
    if (holder === undefined || isSilent(holder, nowMs)) {
      this.#endContest();
    }
  }

  #endContest(): void {
    this.#contestedUntilMs = -Infinity;
    this.#contests = 0;
    this.#endedMs.clear();
  }
}
