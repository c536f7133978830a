import { expect } from 'chai';

import { refusalOf } from '@patchbay/objects/testing';

import { parseJobsOptions } from '../../src/object/options.js';

describe('The options of jobs', () => {
  it('are read with the units that people write', () => {
    expect(
      parseJobsOptions({ keep: '30d', keepOutput: '12h', keepOutputBytes: '10GiB', maxOutputBytes: '1MiB' }),
    ).to.include({
      keep: 30 * 86_400_000,
      keepOutput: 12 * 3_600_000,
      keepOutputBytes: 10 * 2 ** 30,
      maxOutputBytes: 2 ** 20,
    });
  });

  it('are refused by name', () => {
    const { reason, message } = refusalOf(() => parseJobsOptions({ keepOutputBytes: 'much', slots: 0 }));
    expect(reason).to.equal('CONFIG_INVALID');
    expect(message).to.match(/slots: .*keepOutputBytes: /);
  });
});
