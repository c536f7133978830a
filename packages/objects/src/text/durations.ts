/** Describes what `parseDuration` accepts, for error messages. */
export const acceptedDurations = 'a duration such as 30s, 1h30m, 1.5h or 250ms (units: d, h, m, s, ms)';

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;
const maxLength = 64;

/**
 * Parses a duration into whole milliseconds: numbers with units, each unit at most once and larger units first. Only
 * `0` may lack a unit, as some mean seconds by a bare number and some milliseconds. Returns undefined for any other
 * text, and for values beyond a number's exact range.
 */
export function parseDuration(text: string): number | undefined {
  if (text === '0') {
    return 0;
  }
  if (text.length > maxLength) {
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

/** Formats a number of milliseconds, 0 or more, exactly: `1h30m`, `1s500ms`, `0s`. `parseDuration` is the inverse. */
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
