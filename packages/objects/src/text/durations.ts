/** Says, for an error message, what `parseDuration` takes. */
export const acceptedDurations = 'a duration such as 30s, 1h30m, 1.5h or 250ms (units: d, h, m, s, ms)';

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;
const longestText = 64;

/**
 * Reads a duration as people write it, into whole milliseconds: numbers with units, each unit at most once and the
 * larger before the smaller. A number without a unit is refused, since some mean seconds and some milliseconds by
 * it; only `0` needs none. Gives undefined for any other text, and for more than a number holds exactly.
 */
export function parseDuration(text: string): number | undefined {
  if (text === '0') {
    return 0;
  }
  if (text.length > longestText) {
    return undefined;
  }
  const part = /(\d+(?:\.\d+)?)(ms|[dhms])/y;
  let totalMs = 0;
  let lastUnit = -1;
  let end = 0;
  while (end < text.length) {
    const match = part.exec(text);
    const unit = units.findIndex(([name]) => name === match?.[2]);
    if (match === null || unit <= lastUnit) {
      return undefined;
    }
    totalMs += Number(match[1]) * (units[unit]?.[1] ?? NaN);
    lastUnit = unit;
    end = part.lastIndex;
  }
  const wholeMs = Math.round(totalMs);
  return end > 0 && Number.isSafeInteger(wholeMs) ? wholeMs : undefined;
}

/** Writes a number of milliseconds, 0 or more, exactly: `1h30m`, `1s500ms`, `0s`. `parseDuration` reads it back. */
export function formatDuration(ms: number): string {
  let restMs = Math.round(ms);
  let text = '';
  for (const [name, unitMs] of units) {
    const count = Math.floor(restMs / unitMs);
    if (count > 0) {
      text += `${String(count)}${name}`;
      restMs -= count * unitMs;
    }
  }
  return text === '' ? '0s' : text;
}
