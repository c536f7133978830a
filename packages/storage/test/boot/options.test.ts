import { expect } from 'chai';

import { advertisedPortal, bootOptions, isWildcard } from '../../src/boot/options.js';
import { parseStorageOptions } from '../../src/object/options.js';

describe('the options of the boot endpoint', () => {
  it('keep it on this machine by default', () => {
    expect(bootOptions.parse({})).to.deep.equal({
      listen: '127.0.0.1:7480',
      networks: ['127.0.0.0/8', '::1/128'],
      token: false,
    });
  });

  for (const [name, schema] of Object.entries(bootOptions.shape)) {
    it(`describe ${name}`, () => {
      expect(schema.description).to.be.a('string');
    });
  }

  const wrong: readonly (readonly [string, object])[] = [
    ['an address without a port', { listen: '127.0.0.1' }],
    ['an address that is none', { advertise: 'a b' }],
    ['no network at all', { networks: [] }],
    ['a network that is none', { networks: ['10.0.0.1'] }],
    ['an unknown key', { lissten: '127.0.0.1:80' }],
  ];
  for (const [what, options] of wrong) {
    it(`refuse ${what}`, () => {
      expect(() => parseStorageOptions({ pool: '/p', boot: options })).to.throw('boot');
    });
  }

  it('must advertise an address for a wildcard portal', () => {
    const options = { pool: '/p', portal: '0.0.0.0:3260', boot: {} };
    expect(() => parseStorageOptions(options)).to.throw('boot: advertise');
    parseStorageOptions({ ...options, boot: { advertise: '10.20.0.1' } });
    expect(isWildcard('[::]:3260')).to.equal(true);
    expect(isWildcard('10.0.0.0:3260')).to.equal(false);
  });

  const rows: readonly (readonly [advertise: string | undefined, host: string, port: number])[] = [
    [undefined, '127.0.0.1', 3260],
    ['10.20.0.1', '10.20.0.1', 3260],
    ['storage.example.org', 'storage.example.org', 3260],
    ['10.20.0.1:3333', '10.20.0.1', 3333],
    ['[fd00:20::1]', 'fd00:20::1', 3260],
    ['[fd00:20::1]:3333', 'fd00:20::1', 3333],
  ];
  for (const [advertise, host, port] of rows) {
    it(`send the nodes to ${host} port ${String(port)} for ${String(advertise)}`, () => {
      const parsed = bootOptions.parse({ advertise });
      expect(advertisedPortal('127.0.0.1:3260', parsed.advertise, 0)).to.deep.equal({ host, port });
      // The third daemon is always two ports above the first.
      expect(advertisedPortal('127.0.0.1:3262', parsed.advertise, 2)).to.deep.equal({ host, port: port + 2 });
    });
  }
});
