import { expect } from 'chai';

import { coreError, type RpcError, systemErrorText } from '@patchbay/objects';

import { hintAbout } from '../src/unreachable.js';

const lost = (code: string): RpcError =>
  coreError('CONNECTION_LOST', `no connection to it: ${systemErrorText(new Error(code))}`);
const refused = lost('ECONNREFUSED');
const unresolved = lost('ENOTFOUND');
const unrouted = lost('EHOSTUNREACH');
const timedOut = coreError('CONNECTION_LOST', 'it did not answer in time', { details: { timedOut: true } });

describe('What is wrong with an address of a server', () => {
  for (const [host, error, isLocal, hint] of [
    ['127.0.0.1', refused, false, /^, which is the loopback of another host; set "advertise"/],
    ['localhost', refused, false, /^, which is the loopback of another host/],
    ['::1', timedOut, false, /^, which is the loopback of another host/],
    ['::ffff:127.0.0.1', timedOut, false, /^, which is the loopback of another host/],
    ['127.0.0.1', refused, true, /^; is that server running\?$/],
    ['0.0.0.0', refused, true, /^, which stands for every address of its host .* set "advertise"/],
    ['::', refused, false, /^, which stands for every address/],
    ['169.254.7.1', timedOut, false, /^, which is a link-local address/],
    ['fe80::1', unrouted, false, /^, which is a link-local address/],
    ['web1', lost('EAI_AGAIN'), false, /^, a name that this host cannot resolve/],
    ['192.0.2.7', lost('ETIMEDOUT'), false, /^; check that this host has a route/],
    ['web1', unresolved, false, /^, a name that this host cannot resolve; set "advertise"/],
    ['172.17.0.2', timedOut, false, /^, a private address, as of a container .*; check .* route/],
    ['fd00::2', unrouted, false, /^, a private address/],
    ['192.0.2.7', timedOut, false, /^; check that this host has a route/],
    ['192.0.2.7', refused, false, /^; is that server running, and is that its port\?$/],
    ['172.17.0.2', refused, false, /^; is that server running/],
  ] as const) {
    it(`is told of ${host} ${isLocal ? 'here' : 'elsewhere'}, which ${error.message}`, () => {
      expect(hintAbout(host, error, isLocal)).to.match(hint);
    });
  }
});
