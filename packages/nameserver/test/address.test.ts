import { expect } from 'chai';

import { isRpcError } from '@patchbay/objects';

import { checkAddress, checkSocket } from '../src/address.js';

describe('what clients on a machine dial', () => {
  it('is a socket file of that machine', () => {
    checkSocket({});
    checkSocket({ socket: 'unix:/run/socket', machine: 'c0ffee' });
  });

  for (const wrong of [
    { socket: '127.0.0.1:7441' },
    { socket: 'unix:run' },
    { socket: `unix:/${'x'.repeat(107)}` },
    { machine: '' },
    { machine: 'MACHINE' },
    { machine: '0'.repeat(65) },
  ]) {
    it(`may not be ${JSON.stringify(wrong)}`, () => {
      expect(() => {
        checkSocket(wrong);
      })
        .to.throw()
        .that.satisfies((error: unknown) => isRpcError(error, 'ADDRESS_INVALID'));
    });
  }
});

describe('an address', () => {
  for (const good of [
    '127.0.0.1:7441',
    'localhost:1',
    'rack-7.example.org:65535',
    '[::1]:7441',
    '[fe80::1]:80',
    '1st.example:80',
    'unix:/run/patchbay/rpcserver/socket',
  ]) {
    it(`may be ${good}`, () => {
      checkAddress(good);
    });
  }

  for (const bad of [
    '',
    'localhost',
    ':7441',
    'localhost:',
    'localhost:0',
    'localhost:65536',
    'localhost:+1',
    'localhost:01',
    'http://localhost:80',
    'local host:80',
    'localhost:80\n',
    '::1:80',
    '[::1]',
    '[not-v6]:80',
    '300.1.1.1:80',
    '1.2.3:80',
    '-a.example:80',
    'a..b:80',
    `${'a'.repeat(64)}.example:80`,
    '/run/patchbay.sock',
    '0.0.0.0:7441',
    '[::]:7441',
  ]) {
    it(`may not be ${JSON.stringify(bad)}`, () => {
      expect(() => {
        checkAddress(bad);
      })
        .to.throw()
        .that.satisfies((error: unknown) => isRpcError(error, 'ADDRESS_INVALID'));
    });
  }
});
