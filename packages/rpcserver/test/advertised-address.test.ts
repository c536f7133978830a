import { expect } from 'chai';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

import { freePort, RecordingLog } from '@patchbay/objects/testing';

import { checkAddresses, checkAdvertisedAddress, unreachableReason } from '../src/advertised-address.js';

describe('an advertised address', () => {
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['0.0.0.0:7441', '127.0.0.1:7440', /every address of this host/],
    ['[::]:7441', '192.0.2.7:7440', /every address of this host/],
    ['127.0.0.1:7441', '192.0.2.7:7440', /on this host alone/],
    ['localhost:7441', 'names.example:7440', /on this host alone/],
    ['[::1]:7441', '[2001:db8::1]:7440', /on this host alone/],
  ];
  for (const [advertised, nameServer, why] of wrong) {
    it(`is refused as ${advertised} with a name server at ${nameServer}`, () => {
      expect(unreachableReason({ advertised, nameServer })).to.match(why);
    });
  }

  const right = [
    ['127.0.0.1:7441', '127.0.0.1:7440'],
    ['localhost:7441', '[::1]:7440'],
    ['192.0.2.8:7441', '192.0.2.7:7440'],
    ['192.0.2.8:7441', '127.0.0.1:7440'],
  ] as const;
  for (const [advertised, nameServer] of right) {
    it(`may be ${advertised} with a name server at ${nameServer}`, () => {
      expect(unreachableReason({ advertised, nameServer })).to.equal(undefined);
    });
  }

  it('is required where clients of other machines are wanted on every address', () => {
    const everywhere = { listen: '0.0.0.0:7441', insecure: 'network' } as const;
    checkAddresses({ ...everywhere, advertise: 'storage.example:7441' });
    expect(() => {
      checkAddresses(everywhere);
    }).to.throw(
      'listen address "0.0.0.0:7441" is not an address that clients can connect to; set "advertise"',
    );
  });

  it('causes a warning with a remedy when this server cannot reach it itself', async () => {
    const log = new RecordingLog();
    const advertised = `127.0.0.1:${String(await freePort())}`;
    await checkAdvertisedAddress(
      { advertised, nameServer: '127.0.0.1:7440' },
      { log, signal: new AbortController().signal },
    );
    expect(log.lines).to.have.length(1);
    expect(log.lines[0]?.message).to.include('set "advertise"');
    expect(log.lines[0]?.fields.advertised).to.equal(advertised);
    expect(log.lines[0]?.fields.why).to.match(/connection refused/);
  });

  it('causes no warning when it can be reached', async () => {
    const log = new RecordingLog();
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const advertised = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    await checkAdvertisedAddress(
      { advertised, nameServer: '127.0.0.1:7440' },
      { log, signal: new AbortController().signal },
    );
    server.close();
    expect(log.lines).to.deep.equal([]);
  });
});
