import { Cron, type CronOptions, CronPattern } from 'croner';

import { storageError } from '../errors.js';
import { plainCron } from './fields.js';
import { serverZone } from './zone.js';

/** How many years ahead the next time may be, in years: a 29 February can be eight years away. */
const horizonYears = 8;

const quarterMs = 15 * 60_000;

/** A cron expression and the time zone that it is meant in. */
export interface CronTimes {
  /** Five fields, six with seconds first, or a nickname such as `@daily`. */
  readonly cron: string;
  /** The name of a time zone; absent in records of earlier versions, which meant the server's. */
  readonly zone?: string | undefined;
}

/**
 * Returns the first time of a cron expression after a moment, both in milliseconds since the Unix epoch. Where clocks
 * change, expressions with `*` or a step in minutes or hours follow the time that passes: they leave out what the clock
 * skips, and run again in the hour that it repeats. All others run once a time: at the end of the gap if the clock skips
 * it, and the first time if it is repeated.
 *
 * @throws RpcError `SCHEDULE_INVALID` also if it never matches, or not within eight years
 */
export function nextTime({ cron, zone }: CronTimes, afterMs: number): number {
  const options: CronOptions = {
    timezone: zone ?? serverZone(),
    paused: true,
    fixedTimeRule: 'no-wildcard',
    // Earlier versions took the day of the month and the weekday for conditions that both must hold.
    domAndDow: zone === undefined,
  };
  const { fields, isFixedTime } = parse(cron, options);
  const year = new Date(afterMs).getUTCFullYear();
  const years = `${String(year - 1)}-${String(year + horizonYears)}`; // in the zone it may still be the year before
  const next = (some: readonly string[], fromMs: number): number | undefined =>
    new Cron([...some, years].join(' '), options).nextRun(new Date(fromMs))?.getTime();
  try {
    // Walking through the seconds of a gap, every year until there is none, takes croner half a minute. Gaps begin and
    // end at quarters of an hour, so that looking at these first shows cheaply whether there is anything to find.
    const isPossible =
      isFixedTime || next(['0', '*/15', ...fields.slice(2)], afterMs - quarterMs) !== undefined;
    const found = isPossible ? next(fields, afterMs) : undefined;
    if (found !== undefined) {
      return found;
    }
  } catch (error) {
    throw invalid(cron, 'cannot be computed', error);
  }
  const message = `the cron expression "${cron}" matches no time within ${String(horizonYears)} years; choose another`;
  throw storageError('SCHEDULE_INVALID', message, { details: { cron } });
}

/** Returns the six fields of an expression, and whether it has neither `*` nor a step in seconds, minutes and hours. */
function parse(
  cron: string,
  { timezone, fixedTimeRule = 'no-wildcard' }: CronOptions,
): { readonly fields: readonly string[]; readonly isFixedTime: boolean } {
  try {
    const { pattern, isFixedTime } = new CronPattern(plainCron(cron), timezone, {
      mode: '5-or-6-parts',
      fixedTimeRule,
    });
    const fields = pattern.trim().split(/\s+/);
    return { fields: fields.length === 5 ? ['0', ...fields] : fields, isFixedTime };
  } catch (error) {
    throw invalid(
      cron,
      'is not valid',
      error,
      '; give minute, hour, day, month and weekday, such as "0 */6 * * *"',
    );
  }
}

function invalid(cron: string, what: string, error: unknown, advice = ''): Error {
  const why = (error instanceof Error ? error.message : String(error)).replace(/^Cron\w+: /, '');
  return storageError('SCHEDULE_INVALID', `the cron expression "${cron}" ${what} (${why})${advice}`, {
    cause: error,
    details: { cron },
  });
}
