import { type TimeZone, timeZone } from '../names.js';

/** The formatters by zone: making one takes a hundred times as long as using it, and there are a few hundred zones. */
const formatters = new Map<string, Intl.DateTimeFormat>();

/** Returns the time zone of this server's process: that of `TZ`, or of the host; UTC if it has no name. */
export function serverZone(): TimeZone {
  const { timeZone: name } = Intl.DateTimeFormat().resolvedOptions();
  return timeZone.safeParse(name).data ?? timeZone.parse('UTC');
}

/**
 * Formats a time, in milliseconds since the Unix epoch, in a time zone, with its offset at that time:
 * `2026-10-25T02:30:00+01:00`, or `Z` where there is none. In a zone that this host does not know it is in UTC.
 */
export function zonedTime(atMs: number, zone: string): string {
  let parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>>;
  try {
    parts = Object.fromEntries(
      formatterOf(zone)
        .formatToParts(atMs)
        .map(({ type, value }) => [type, value]),
    );
  } catch (error) {
    if (error instanceof RangeError) {
      return zonedTime(atMs, 'UTC');
    }
    throw error;
  }
  const { year, month, day, hour, minute, second, timeZoneName } = parts;
  const offset = timeZoneName?.replace('GMT', '') ?? '';
  const [date, time] = [[year, month, day].join('-'), [hour, minute, second].join(':')];
  return `${date}T${time}${/[1-9]/.test(offset) ? offset : 'Z'}`;
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      timeZoneName: 'longOffset',
    });
    formatters.set(zone, formatter);
  }
  return formatter;
}
