import { expect } from 'chai';
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';

import type { RpcError } from '@patchbay/objects';

import { SourceNetworks } from '../../../src/disks/import/source-networks.js';
import { WebPolicy, type WebPolicyOptions } from '../../../src/disks/import/web-policy.js';

const inner = [
  '127.0.0.1',
  '127.8.8.8',
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '::ffff:a9fe:a9fe',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'ff02::1',
];
const outer = ['8.8.8.8', '172.15.0.1', '172.32.0.1', '193.0.0.1', '2a00:1450::1', '::ffff:8.8.8.8'];

describe('SourceNetworks', () => {
  for (const address of inner) {
    it(`do not count ${address} as public`, () => {
      expect(new SourceNetworks(['public']).has(address)).to.equal(false);
    });
  }
  for (const address of outer) {
    it(`count ${address} as public`, () => {
      expect(new SourceNetworks(['public']).has(address)).to.equal(true);
      expect(new SourceNetworks(['10.0.0.0/8']).has(address)).to.equal(false);
    });
  }

  const listed: readonly (readonly [network: string, address: string, has: boolean])[] = [
    ['10.1.0.0/16', '10.1.2.3', true],
    ['10.1.0.0/16', '10.2.0.1', false],
    ['10.1.0.0/16', '::ffff:10.1.2.3', true],
    ['127.0.0.1/32', '127.0.0.1', true],
    ['127.0.0.1/32', '127.0.0.2', false],
    ['fd00::/8', 'fd00::5', true],
  ];
  for (const [network, address, has] of listed) {
    it(`${has ? 'have' : 'do not have'} ${address} if ${network} is listed`, () => {
      expect(new SourceNetworks([network]).has(address)).to.equal(has);
    });
  }
});

/** Returns the outcome of a request: the addresses connected to, or the reason of the refusal. */
async function tried(
  url: string,
  options: Partial<WebPolicyOptions>,
  addresses: readonly string[] = [],
): Promise<unknown> {
  const resolve: WebPolicyOptions['resolve'] = (_name, callback) => {
    callback(
      null,
      addresses.map((address): LookupAddress => ({ address, family: isIP(address) })),
    );
  };
  const policy = new WebPolicy({ networks: ['public'], resolve, ...options });
  const parsed = new URL(url);
  try {
    policy.assertAllowed(parsed);
    return await new Promise((fulfil, reject) => {
      policy.lookupFor(parsed)(parsed.hostname, { all: true }, (error, found) => {
        if (error === null) {
          fulfil((found as LookupAddress[]).map(({ address }) => address));
        } else {
          reject(error);
        }
      });
    });
  } catch (error) {
    return (error as RpcError).reason;
  }
}

describe('WebPolicy', () => {
  for (const address of inner) {
    const host = address.includes(':') ? `[${address}]` : address;
    it(`refuses http://${host}/, and a name with this address`, async () => {
      expect(await tried(`http://${host}/`, {}, [address])).to.equal('SOURCE_REFUSED');
      expect(await tried('http://example.org/', {}, [address])).to.equal('SOURCE_REFUSED');
    });
  }

  for (const url of ['http://2130706433/', 'http://0x7f.1/', 'http://0177.0.0.1/', 'http://127.1/']) {
    it(`is not deceived by ${url}`, async () => {
      expect(await tried(url, {})).to.equal('SOURCE_REFUSED');
    });
  }

  it('connects only to the allowed addresses of a name', async () => {
    expect(await tried('http://example.org/', {}, ['10.0.0.1', '8.8.8.8'])).to.deep.equal(['8.8.8.8']);
  });

  it('does not reveal how an internal name resolves', () => {
    const policy = new WebPolicy({
      networks: ['public'],
      resolve: (_name, callback) => {
        callback(null, [{ address: '10.9.8.7', family: 4 }]);
      },
    });
    let message = '';
    policy.lookupFor(new URL('http://db.internal/'))('db.internal', { all: true }, (error) => {
      message = error?.message ?? '';
    });
    expect(message).to.include('urlNetworks').and.not.include('10.9.8.7');
  });

  const named: readonly (readonly [url: string, hosts: readonly string[], allowed: boolean])[] = [
    ['https://images.example.org/a', ['images.example.org'], true],
    ['https://IMAGES.example.org./a', ['Images.Example.org'], true],
    ['https://images.example.org/a', ['*.example.org'], true],
    ['https://example.org/a', ['*.example.org'], false],
    ['https://evilexample.org/a', ['*.example.org'], false],
    ['https://images.example.org.evil.net/a', ['images.example.org'], false],
    ['https://8.8.8.8/a', ['images.example.org'], false],
    ['https://images.example.org/a', [], false],
  ];
  for (const [url, hosts, allowed] of named) {
    it(`${allowed ? 'accepts' : 'refuses'} ${url} where the hosts are ${JSON.stringify(hosts)}`, async () => {
      const outcome = await tried(url, { hosts }, ['8.8.8.8']);
      expect(outcome).to.deep.equal(allowed ? ['8.8.8.8'] : 'SOURCE_REFUSED');
    });
  }
});
