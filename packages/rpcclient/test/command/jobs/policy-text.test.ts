import { expect } from 'chai';

import { isRpcError } from '@patchbay/objects';

import { readPolicy } from '../../../src/command/jobs/policy-text.js';

/** Noon, local time. */
const noonMs = new Date(2026, 0, 31, 12).getTime();
const minute = 60_000;

describe('The value of --job', () => {
  const rows: readonly (readonly [text: string, policy: object])[] = [
    ['retries=3', { retries: 3 }],
    ['retries=3,backoff=1m, expires = 4h', { retries: 3, backoffMs: minute, expiresMs: 240 * minute }],
    ['retry-on=UNAVAILABLE,aborted,priority=0', { retryOn: ['UNAVAILABLE', 'ABORTED'], priority: 0 }],
    ['timeout=none', { timeoutMs: 'none' }],
    ['timeout=90s', { timeoutMs: 90_000 }],
    ['not-before=2h', { notBeforeMs: noonMs + 120 * minute }],
    ['not-before=22:00', { notBeforeMs: new Date(2026, 0, 31, 22).getTime() }],
    ['not-before=11:59:30', { notBeforeMs: new Date(2026, 1, 1, 11, 59, 30).getTime() }],
    ['not-before=2026-02-01T00:00:00Z', { notBeforeMs: Date.UTC(2026, 1, 1) }],
    ['not-before=2026-02-01', { notBeforeMs: new Date(2026, 1, 1).getTime() }],
    ['at-once=20,stop-after=10%', { atOnce: '20', stopAfter: '10%' }],
    [
      'from.image=host.image,from.size=host.disk.size,save.version=result.version,retries=1',
      {
        from: { image: 'host.image', size: 'host.disk.size' },
        save: { version: 'result.version' },
        retries: 1,
      },
    ],
    ['id=nightly@2026', { id: 'nightly@2026' }],
  ];
  for (const [text, policy] of rows) {
    it(`${text} is read`, () => {
      expect(readPolicy(text, noonMs, true)).to.deep.equal(policy);
    });
  }

  const wrong: readonly (readonly [text: string, path: string, message: RegExp])[] = [
    ['retries', 'retries', /must be KEY=VALUE/],
    ['', '', /must be KEY=VALUE/],
    ['retries=3,UNAVAILABLE', 'UNAVAILABLE', /must be KEY=VALUE/],
    ['retrys=3', 'retrys', /no key "retrys"; did you mean "retries"\?/],
    ['retries=101', 'retries', /retries of --job must be a number from 0 to 100, not "101"/],
    ['retries=-1', 'retries', /from 0 to 100/],
    ['retries=1,retries=2', 'retries', /twice/],
    ['backoff=5', 'backoff', /a duration such as/],
    ['expires=367d', 'expires', /a duration such as/],
    ['timeout=0', 'timeout', /more than 0/],
    ['priority=10', 'priority', /0, the first, to 9/],
    ['retry-on=BUSY', 'retry-on', /codes such as/],
    ['not-before=24:00', 'not-before', /a time such as 22:00/],
    ['not-before=yesterday', 'not-before', /a time such as 22:00/],
    ['at-once=0', 'at-once', /from 1/],
    ['at-once=101%', 'at-once', /share/],
    ['from.image=image', 'from.image', /must be host\. and the name of a variable/],
    ['from.__proto__=host.image', 'from.__proto__', /must be host/],
    ['save.version=version', 'save.version', /must be result, or a path in it/],
    ['id=a b', 'id', /at most 128/],
    ['__proto__=1', '__proto__', /no key/],
  ];
  for (const [text, path, message] of wrong) {
    it(`${text} is refused`, () => {
      expect(() => readPolicy(text, noonMs, true))
        .to.throw(message)
        .and.satisfy((error: unknown) => isRpcError(error, 'POLICY_INVALID') && error.details.path === path);
    });
  }

  it('has nothing of runs in it for a job of its own', () => {
    expect(() => readPolicy('at-once=1', noonMs, false)).to.throw(/give --on SELECTOR/);
  });
});
