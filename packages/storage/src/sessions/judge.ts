import type { ConflictPolicy } from './conflict-policy.js';

/**
 * After how long a session of which nothing is received counts as left behind by a machine that is gone, in
 * milliseconds. Linux and QEMU send a ping every 5 s on an idle session.
 */
export const silentMs = 15_000;
/** Within what time an initiator whose session was ended logs in again, as it does by itself, in milliseconds. */
const rejoinMs = 10_000;

/** One of several sessions of a target. All times are monotonic, in milliseconds. */
export interface WatchedSession {
  readonly sid: number;
  readonly initiator: string;
  readonly address: string;
  readonly firstSeenMs: number;
  /** When it was heard last, that is, when bytes from its initiator arrived; undefined if never since it is watched. */
  readonly heardMs: number | undefined;
  /** Since when it is watched whether bytes arrive. */
  readonly watchedSinceMs: number;
}

/** What became of the earlier sessions of a target. */
export interface Past {
  /** The session that has the disk, by the last judgement. */
  readonly holder: number | undefined;
  /** When a session from an address was ended last. */
  readonly endedMs: ReadonlyMap<string, number>;
  /** Whether there was a conflict a short time ago. */
  readonly isContested: boolean;
}

export interface Judgement {
  /** Whether several machines use the disk, or try to. */
  readonly isConflict: boolean;
  readonly holder: WatchedSession;
  /** The sessions to end. */
  readonly end: readonly WatchedSession[];
}

/**
 * Judges the sessions of one target. That there are two is not a conflict yet: when a machine boots or reboots, the
 * session of its firmware, or of its former life, is left behind and never heard again. Sessions from different
 * addresses are a conflict at once; those from one address when the earlier is heard after the later has logged in.
 *
 * @param sessions at least one, the oldest first
 */
export function judge(
  sessions: readonly [WatchedSession, ...WatchedSession[]],
  past: Past,
  policy: ConflictPolicy,
  nowMs: number,
): Judgement {
  const newest = sessions.at(-1) ?? sessions[0];
  const heard = sessions.filter((session) => !isSilent(session, nowMs));
  // If nothing is heard of any, the last login is the node's.
  const live = heard.length === 0 ? [newest] : heard;
  const isConflict = live.some((earlier, at) =>
    live.slice(at + 1).some((later) => areRivals(earlier, later)),
  );
  const current = live.find(({ sid }) => sid === past.holder);
  const others = (holder: WatchedSession): WatchedSession[] => sessions.filter((each) => each !== holder);

  if (policy === 'report') {
    return { isConflict, holder: current ?? live[0] ?? newest, end: [] };
  }
  if (policy === 'keep') {
    const holder = current ?? live[0] ?? newest;
    const end = others(holder).filter(
      (session) => !live.includes(session) || past.isContested || areRivals(holder, session),
    );
    return { isConflict: isConflict || end.some((session) => live.includes(session)), holder, end };
  }
  const comesBack = ({ address, firstSeenMs }: WatchedSession): boolean =>
    current !== undefined &&
    firstSeenMs > current.firstSeenMs &&
    firstSeenMs - (past.endedMs.get(address) ?? -Infinity) <= rejoinMs;
  const holder = live.filter((session) => !comesBack(session)).at(-1) ?? newest;
  const isContested = live.some((session) => session !== holder && comesBack(session));
  return { isConflict: isConflict || isContested, holder, end: others(holder) };
}

/** Reports whether nothing has been heard of a session for so long that its machine is gone. */
export function isSilent({ heardMs, watchedSinceMs }: WatchedSession, nowMs: number): boolean {
  return nowMs - (heardMs ?? watchedSinceMs) >= silentMs;
}

/** Reports whether two live sessions surely are of two machines. */
function areRivals(earlier: WatchedSession, later: WatchedSession): boolean {
  return (
    earlier.address !== later.address ||
    earlier.initiator !== later.initiator ||
    (earlier.heardMs ?? -Infinity) > later.firstSeenMs
  );
}
