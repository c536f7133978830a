import { expect } from 'chai';
import fc from 'fast-check';

import { nextTime } from '../../src/schedule/cron.js';
import { serverZone, zonedTime } from '../../src/schedule/zone.js';
import { reasonOf } from '../fakes/world.js';
import { cronOf, firstMatch, type Pattern, WallClock } from './local-times.js';

/** The next times of expressions in a zone, one after another, from a time on. */
type Row = readonly [title: string, zone: string, cron: string, after: string, next: readonly string[]];

const rows: readonly Row[] = [
  [
    'every quarter of the hour that is repeated in autumn',
    'Europe/Berlin',
    '*/15 * * * *',
    '2026-10-25T02:40:00+02:00',
    ['2026-10-25T02:45:00+02:00', '2026-10-25T02:00:00+01:00', '2026-10-25T02:15:00+01:00'],
  ],
  [
    'a time of day once when it is repeated in autumn',
    'Europe/Berlin',
    '30 2 * * *',
    '2026-10-25T00:00:00+02:00',
    ['2026-10-25T02:30:00+02:00', '2026-10-26T02:30:00+01:00'],
  ],
  [
    'a time of day that the clock skips in spring',
    'Europe/Berlin',
    '30 2 * * *',
    '2026-03-28T12:00:00+01:00',
    ['2026-03-29T03:00:00+02:00', '2026-03-30T02:30:00+02:00'],
  ],
  [
    'several times of day, one of which the clock skips',
    'Europe/Berlin',
    '30 2,14 * * *',
    '2026-03-28T15:00:00+01:00',
    ['2026-03-29T03:00:00+02:00', '2026-03-29T14:30:00+02:00'],
  ],
  [
    'a time of the week that the clock skips',
    'Europe/Berlin',
    '15 2 * * 0',
    '2026-03-23T12:00:00+01:00',
    ['2026-03-29T03:00:00+02:00', '2026-04-05T02:15:00+02:00'],
  ],
  [
    'every hour of the day on which one is skipped',
    'Europe/Berlin',
    '0 * * * *',
    '2026-03-29T00:30:00+01:00',
    ['2026-03-29T01:00:00+01:00', '2026-03-29T03:00:00+02:00', '2026-03-29T04:00:00+02:00'],
  ],
  [
    'midnight where the clock skips it',
    'Africa/Cairo',
    '@daily',
    '2026-04-23T12:00:00+02:00',
    ['2026-04-24T01:00:00+03:00', '2026-04-25T00:00:00+03:00'],
  ],
  [
    'half an hour that is skipped',
    'Australia/Lord_Howe',
    '15 2 * * *',
    '2026-10-03T12:00:00+10:30',
    ['2026-10-04T02:30:00+11:00', '2026-10-05T02:15:00+11:00'],
  ],
  [
    'an offset of half an hour',
    'Asia/Kolkata',
    '0 0 * * *',
    '2026-11-30T20:00:00+05:30',
    ['2026-12-01T00:00:00+05:30'],
  ],
  [
    'noon, but for the day that there was not',
    'Pacific/Apia',
    '0 12 * * *',
    '2011-12-28T13:00:00-10:00',
    ['2011-12-29T12:00:00-10:00', '2011-12-31T12:00:00+14:00'],
  ],
  [
    'every Friday, but for the one that there was not',
    'Pacific/Apia',
    '0 12 * * 5',
    '2011-12-22T12:00:00-10:00',
    ['2011-12-23T12:00:00-10:00', '2012-01-06T12:00:00+14:00'],
  ],
  ['a 29 February eight years away', 'UTC', '0 0 29 2 *', '2096-03-01T00:00:00Z', ['2104-02-29T00:00:00Z']],
  [
    'the day of the month or the weekday, as crontab has it',
    'UTC',
    '0 0 13 * fri',
    '2026-11-12T12:00:00Z',
    ['2026-11-13T00:00:00Z', '2026-11-20T00:00:00Z'],
  ],
  [
    'names in full, and seconds',
    'UTC',
    '30 0 0 * december MONDAY',
    '2026-11-30T12:00:00Z',
    ['2026-12-07T00:00:30Z'],
  ],
];

/** Times near which clocks change. */
const changes: Readonly<Record<string, readonly string[]>> = {
  'Europe/Berlin': ['2026-03-29T01:00Z', '2026-10-25T01:00Z'],
  'Europe/Dublin': ['2026-03-29T01:00Z', '2026-10-25T01:00Z'],
  'America/New_York': ['2026-03-08T07:00Z', '2026-11-01T06:00Z'],
  'America/Nuuk': ['2026-03-29T01:00Z', '2026-10-25T01:00Z'],
  'America/Santiago': ['2026-04-05T03:00Z', '2026-09-06T04:00Z'],
  'Africa/Cairo': ['2026-04-23T22:00Z', '2026-10-29T21:00Z'],
  'Africa/Casablanca': ['2026-02-15T02:00Z', '2026-03-22T02:00Z'],
  'Australia/Lord_Howe': ['2026-04-04T15:00Z', '2026-10-03T15:30Z'],
  'Pacific/Chatham': ['2026-04-04T14:00Z', '2026-09-26T14:00Z'],
  'Pacific/Apia': ['2011-12-30T10:00Z'],
  'Asia/Kolkata': ['2026-06-01T00:00Z'],
  'Asia/Kathmandu': ['2026-06-01T00:00Z'],
  UTC: ['2026-06-01T00:00Z'],
};

const patterns: fc.Arbitrary<Pattern> = fc.record({
  minute: fc.oneof(
    fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 3 }),
    fc.constantFrom('*/15' as const, '*/20' as const, '*/7' as const),
  ),
  hour: fc.oneof(
    fc.uniqueArray(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 }),
    fc.constant([23]),
    fc.constantFrom('*' as const, '*/2' as const, '*/6' as const),
  ),
  weekday: fc.oneof(
    { weight: 3, arbitrary: fc.constant('*' as const) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 6 }) },
  ),
});

describe('The next time of a schedule', () => {
  for (const [title, zone, cron, after, next] of rows) {
    it(`is right for ${title}: ${cron} in ${zone}`, () => {
      const found: string[] = [];
      for (let atMs = Date.parse(after); found.length < next.length;) {
        atMs = nextTime({ cron, zone }, atMs);
        found.push(zonedTime(atMs, zone));
      }
      expect(found).to.deep.equal(next);
    });
  }

  for (const [zone, times] of Object.entries(changes)) {
    it(`is the one that the clock of ${zone} shows, asked every minute around its changes`, () => {
      const clock = new WallClock(zone);
      fc.assert(
        fc.property(
          patterns,
          fc.constantFrom(...times.map((time) => Date.parse(time))),
          fc.integer({ min: -36 * 60, max: 6 * 60 }),
          (pattern, changeMs, minutes) => {
            const afterMs = changeMs + minutes * 60_000;
            const shown = firstMatch(pattern, clock, afterMs, 16);
            const found = nextTime({ cron: cronOf(pattern), zone }, afterMs);
            expect(zonedTime(found, zone)).to.equal(shown === undefined ? '' : zonedTime(shown, zone));
          },
        ),
        { numRuns: 40 },
      );
    });
  }

  it('takes the day of the month and the weekday for two conditions where a record has no zone', () => {
    expect(new Date(nextTime({ cron: '0 0 13 * 5' }, Date.parse('2026-11-14T12:00Z'))).getDay()).to.equal(5);
    expect(new Date(nextTime({ cron: '0 0 13 * 5' }, Date.parse('2026-11-14T12:00Z'))).getDate()).to.equal(
      13,
    );
  });

  for (const [cron, zone] of [
    ['0 0 31 2 *', 'UTC'],
    ['0 0 30 feb *', 'Europe/Berlin'],
    ['0 0 31 4,6,9,11 *', 'UTC'],
    ['* */5 0 * 4 5L', 'Africa/Cairo'], // only while the clock skips it
    ['2026-12-01T00:00:00', 'UTC'],
    ['0 0 1 1 * 2030', 'UTC'],
    ['@reboot', 'UTC'],
    ['5/15 * * * *', 'UTC'],
    ['* * * * *', 'Mars/Olympus'],
  ] as const) {
    it(`is refused without a long search if there is none: ${cron} in ${zone}`, async () => {
      const began = process.cpuUsage();
      const reason = await reasonOf(
        Promise.resolve().then(() => nextTime({ cron, zone }, Date.UTC(2026, 0))),
      );
      expect(reason).to.equal('SCHEDULE_INVALID');
      expect(process.cpuUsage(began).user).to.be.below(2_000_000);
    });
  }
});

describe('A time in a zone', () => {
  it('is written with the offset that holds then', () => {
    const atMs = Date.UTC(2026, 9, 25, 0, 30);
    expect([atMs, atMs + 3_600_000].map((each) => zonedTime(each, 'Europe/Berlin'))).to.deep.equal([
      '2026-10-25T02:30:00+02:00',
      '2026-10-25T02:30:00+01:00',
    ]);
    expect(zonedTime(atMs, 'Asia/Kolkata')).to.equal('2026-10-25T06:00:00+05:30');
    expect(zonedTime(atMs, 'UTC')).to.equal('2026-10-25T00:30:00Z');
  });

  it('is written in UTC where the zone is not known', () => {
    expect(zonedTime(0, 'Mars/Olympus')).to.equal('1970-01-01T00:00:00Z');
  });

  it("is by default in that of the server's process", () => {
    expect(serverZone()).to.equal(Intl.DateTimeFormat().resolvedOptions().timeZone);
  });
});
