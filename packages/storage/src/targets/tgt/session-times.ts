import type { ProcessIdentity } from './tgtd-process.js';

/** Remembers since when the sessions of a daemon exist, as tgtd does not tell. */
export class SessionTimes {
  #process: ProcessIdentity | undefined;
  #isFirst = true;
  #sinceMs = new Map<string, number | undefined>();

  /** @param adopted a daemon that ran before; the sessions that it has when first noted are older than can be told */
  constructor(adopted: ProcessIdentity | undefined) {
    this.#process = adopted;
  }

  /** Notes the sessions that there are, and returns since when each exists, in milliseconds since the Unix epoch. */
  note(
    process: ProcessIdentity,
    sessions: readonly string[],
    nowMs: number,
  ): ReadonlyMap<string, number | undefined> {
    const isFirstOfAdopted = this.#isFirst && this.#process?.startTicks === process.startTicks;
    const known =
      this.#process?.startTicks === process.startTicks ? this.#sinceMs : new Map<string, undefined>();
    this.#sinceMs = new Map(
      sessions.map((sid) => [sid, known.has(sid) ? known.get(sid) : isFirstOfAdopted ? undefined : nowMs]),
    );
    this.#process = process;
    this.#isFirst = false;
    return this.#sinceMs;
  }
}
