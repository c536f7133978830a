import { expect } from 'chai';

import { parseStorageOptions, storageOptions } from '../../src/object/options.js';

describe('the options of the storage object', () => {
  it('need no more than a pool', () => {
    expect(parseStorageOptions({ pool: '/var/lib/patchbay/pool' })).to.deep.equal({
      pool: '/var/lib/patchbay/pool',
      portal: '127.0.0.1:3260',
      highWater: 0.95,
      quotas: {},
      targetsPerDaemon: 250,
      iqnPrefix: 'iqn.2026-11.local.patchbay',
      onStop: 'keep',
      sourceDirectories: [],
      urlNetworks: ['public'],
      maxImageBytes: 2 ** 40,
      foreignAccess: 'remove',
      onConflict: 'report',
      graceMs: 60_000,
      trash: 86_400_000,
      keepOrphans: 604_800_000,
      reconcileEveryMs: 30_000,
    });
  });

  it('take sizes and durations as the rest of the configuration does', () => {
    const { maxImageBytes, graceMs, reconcileEveryMs } = parseStorageOptions({
      pool: '/p',
      maxImageBytes: '2TiB',
      graceMs: '1h30m',
      reconcileEveryMs: 5000,
    });
    expect([maxImageBytes, graceMs, reconcileEveryMs]).to.deep.equal([2 ** 41, 5_400_000, 5000]);
  });

  const wrong: readonly [string, object, string][] = [
    ['a missing pool', {}, 'pool'],
    ['a relative pool', { pool: 'pool' }, 'pool'],
    ['a pool with a comma, which tgt cannot take', { pool: '/a,b' }, 'pool'],
    ['a portal without a port', { pool: '/p', portal: '127.0.0.1' }, 'portal'],
    ['a prefix that is no IQN', { pool: '/p', iqnPrefix: 'patchbay' }, 'iqnPrefix'],
    ['an unknown end', { pool: '/p', onStop: 'explode' }, 'onStop'],
    ['a network that is none', { pool: '/p', urlNetworks: ['10.0.0.0/40'] }, 'urlNetworks'],
    ['a host that is none', { pool: '/p', urlHosts: ['http://a'] }, 'urlHosts'],
    ['an unknown key', { pool: '/p', portals: [] }, 'portals'],
    ['a duration that is none', { pool: '/p', graceMs: 'soon' }, 'graceMs'],
    ['a reconcile without pause', { pool: '/p', reconcileEveryMs: 0 }, 'reconcileEveryMs'],
  ];
  for (const [what, options, word] of wrong) {
    it(`refuse ${what}, and name it`, () => {
      let error: unknown;
      try {
        parseStorageOptions(options);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).to.have.property('reason', 'CONFIG_INVALID');
      expect(error).to.have.property('message').that.contains(word);
    });
  }

  for (const [name, schema] of Object.entries(storageOptions.shape)) {
    it(`describe ${name}`, () => {
      expect(schema.description).to.be.a('string');
    });
  }
});
