import { expect } from 'chai';

import { plainCron } from '../../src/schedule/fields.js';

const rows: readonly (readonly [cron: string, plain: string])[] = [
  ['0 0 * * monday', '0 0 * * 1'],
  ['0 0 * May,december SUN-fri', '0 0 * 5,12 0-5'],
  ['0 0 1 jan *', '0 0 1 1 *'],
  ['30 0 0 * * fri-mon', '30 0 0 * * 5,6,0,1'],
  ['0 0 * * fri-sun', '0 0 * * 5,6,0'],
  ['0 22-2 * * *', '0 22,23,0,1,2 * * *'],
  ['0 20-3/3 * 11-2 *', '0 20,23,2 * 11,12,1,2 *'],
  ['0 0 28-3 * *', '0 0 28,29,30,31,1,2,3 * *'],
  ['0 0 * * fril,tue#2', '0 0 * * 5l,2#2'],
  ['0 0 * * +monday', '0 0 * * +1'],
  ['*/15 0-5/2 L * 5-7', '*/15 0-5/2 L * 5-7'],
  ['@daily', '@daily'],
  ['0 0 * * mondays', '0 0 * * mondays'],
  ['60-5 5-1/0 * * *', '60-5 5-1/0 * * *'],
  ['every day', 'every day'],
  ['', ''],
];

describe('A cron expression', () => {
  for (const [cron, plain] of rows) {
    it(`"${cron}" is handed on as "${plain}"`, () => {
      expect(plainCron(cron)).to.equal(plain);
    });
  }
});
