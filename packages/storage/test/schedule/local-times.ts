/** What a cron expression of the property tests asks for. */
export interface Pattern {
  readonly minute: readonly number[] | `*/${number}`;
  readonly hour: readonly number[] | '*' | `*/${number}`;
  readonly weekday: number | '*';
}

const minuteMs = 60_000;
const quarterMs = 15 * minuteMs;
const dayMs = 24 * 60 * minuteMs;

/** The wall clock of a time zone, asked by instants alone: the opposite of how croner goes about it. */
export class WallClock {
  readonly #format: Intl.DateTimeFormat;
  readonly #offsets = new Map<number, number>();

  constructor(zone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
  }

  /** Returns what the clock shows at an instant, as if it were UTC. */
  at(instantMs: number): number {
    const quarter = Math.floor(instantMs / quarterMs) * quarterMs; // clocks change at quarters of an hour
    let offsetMs = this.#offsets.get(quarter);
    if (offsetMs === undefined) {
      const parts = Object.fromEntries(
        this.#format.formatToParts(quarter).map(({ type, value }) => [type, Number(value)]),
      );
      const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts;
      offsetMs = Date.UTC(year, month - 1, day, hour, minute) - quarter;
      this.#offsets.set(quarter, offsetMs);
    }
    return instantMs + offsetMs;
  }
}

/** Writes a pattern as a cron expression. */
export function cronOf({ minute, hour, weekday }: Pattern): string {
  return `${String(minute)} ${String(hour)} * * ${String(weekday)}`;
}

/**
 * Finds the first time of a pattern after an instant by asking the wall clock at every minute; undefined if there is none
 * within so many days.
 */
export function firstMatch(
  pattern: Pattern,
  clock: WallClock,
  afterMs: number,
  days: number,
): number | undefined {
  const isFixed = Array.isArray(pattern.minute) && Array.isArray(pattern.hour);
  for (let at = Math.floor(afterMs / minuteMs + 1) * minuteMs; at < afterMs + days * dayMs; at += minuteMs) {
    const [shown, before] = [clock.at(at), clock.at(at - minuteMs)];
    if (matches(pattern, shown) && !(isFixed && isRepeated(clock, at, shown))) {
      return at;
    }
    if (isFixed && shown > before + minuteMs) {
      for (let skipped = before + minuteMs; skipped < shown; skipped += minuteMs) {
        if (matches(pattern, skipped) && dayOf(skipped) === dayOf(shown)) {
          return at;
        }
      }
    }
  }
  return undefined;
}

function matches({ minute, hour, weekday }: Pattern, shownMs: number): boolean {
  const shown = new Date(shownMs);
  return (
    isIn(minute, shown.getUTCMinutes()) &&
    isIn(hour, shown.getUTCHours()) &&
    (weekday === '*' || shown.getUTCDay() === weekday)
  );
}

function isIn(field: readonly number[] | string, value: number): boolean {
  return typeof field === 'string' ? value % Number(field.slice(2) || 1) === 0 : field.includes(value);
}

/** Reports whether the clock has shown the same before, within the last three hours. */
function isRepeated(clock: WallClock, at: number, shown: number): boolean {
  for (let ago = quarterMs; ago <= 12 * quarterMs; ago += quarterMs) {
    if (clock.at(at - ago) === shown) {
      return true;
    }
  }
  return false;
}

function dayOf(shownMs: number): number {
  return Math.floor(shownMs / dayMs);
}
