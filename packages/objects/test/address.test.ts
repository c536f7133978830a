import { expect } from 'chai';
import fc from 'fast-check';

import {
  formatAddress,
  isLocal,
  isLoopback,
  parseAddress,
  parseListen,
  parseServerAddress,
  parseTcpAddress,
} from '../src/address.js';
import { refusalOf } from '../src/testing/index.js';

describe('An address', () => {
  const right: [text: string, host: string, port: number][] = [
    ['127.0.0.1:7440', '127.0.0.1', 7440],
    ['localhost:0', 'localhost', 0],
    ['[::1]:65535', '::1', 65_535],
    ['ns-1.example.org:7440', 'ns-1.example.org', 7440],
  ];
  for (const [text, host, port] of right) {
    it(`${text} is taken apart`, () => {
      expect(parseAddress(text)).to.deep.equal({ host, port });
    });
  }

  const wrong = [
    '',
    '7440',
    ':7440',
    'localhost',
    'localhost:',
    'localhost:65536',
    'localhost:7440x',
    'localhost:-1',
    '::1:7440',
    '[127.0.0.1]:7440',
    '[::g]:7440',
    '1.2.3.400:7440',
    '1.2.3:7440',
    'a b:7440',
    '-a:7440',
    'a..b:7440',
    'http://localhost:7440',
    'local\nhost:7440',
  ];
  for (const text of wrong) {
    it(`${JSON.stringify(text)} is refused`, () => {
      expect(() => parseAddress(text)).to.throw(/must be host:port/);
    });
  }

  for (const [text, meant] of [
    ['', '127.0.0.1:7440'],
    ['7441', '127.0.0.1:7441'],
    [':7441', '127.0.0.1:7441'],
    ['127.0.0.1', '127.0.0.1:7440'],
    ['ns1', 'ns1:7440'],
    ['ns1:', 'ns1:7440'],
    ['ns1:99999', 'ns1:7440'],
    [' ns1:7441\n', 'ns1:7441'],
    ['http://ns1:7441/', 'ns1:7441'],
    ['HTTPS://ns1', 'ns1:7440'],
    ['dns:///ns1:7441', 'ns1:7441'],
    ['::1', '[::1]:7440'],
    ['::1:7441', '[::1]:7441'],
    ['[::1]', '[::1]:7440'],
    ['[127.0.0.1]:7441', '127.0.0.1:7441'],
    ['2001:db8::12', '[2001:db8::12]:7440'],
    ['2001:db8:0:0:0:0:0:1:7441', '[2001:db8:0:0:0:0:0:1]:7441'],
    ['a b', '127.0.0.1:7440 or [::1]:7440'],
  ] as const) {
    it(`${JSON.stringify(text)} is refused with ${meant} as example`, () => {
      expect(() => parseAddress(text))
        .to.throw(`address ${JSON.stringify(text)}: must be host:port, such as ${meant}`)
        .with.property('message')
        .that.satisfies((message: string) => message.endsWith(meant));
    });
  }

  for (const [text, path] of [
    ['unix:/run/patchbay/nameserver/socket', '/run/patchbay/nameserver/socket'],
    ['unix:///run/socket', '/run/socket'],
    ['unix:/a b/ü', '/a b/ü'],
    [`unix:/${'x'.repeat(106)}`, `/${'x'.repeat(106)}`],
  ] as const) {
    it(`${text} is a socket file`, () => {
      expect(parseAddress(text)).to.deep.equal({ path });
      expect(parseServerAddress(text)).to.deep.equal({ path });
      expect(formatAddress({ path })).to.equal(`unix:${path}`);
      expect(() => parseTcpAddress(text)).to.throw(/must be host:port/);
    });
  }

  for (const [text, meant] of [
    ['unix:', 'unix:/run/patchbay/nameserver/socket'],
    ['unix:run/socket', 'unix:/run/patchbay/nameserver/socket'],
    ['unix:./socket', 'unix:/run/patchbay/nameserver/socket'],
    ['unix://host/socket', 'unix:/run/patchbay/nameserver/socket'],
    ['unix:/', 'unix:/run/patchbay/nameserver/socket'],
    ['unix:/run/', 'unix:/run/patchbay/nameserver/socket'],
    ['unix:/run\n/socket', 'unix:/run/patchbay/nameserver/socket'],
    ['unix:/run/\u001b[2Jsocket', 'unix:/run/patchbay/nameserver/socket'],
    ['/run/mine/socket', 'unix:/run/mine/socket'],
    ['./socket', 'unix:/run/patchbay/nameserver/socket'],
  ] as const) {
    it(`${JSON.stringify(text)} is no socket file, and ${meant} is an example`, () => {
      const error = refusalOf(() => parseAddress(text));
      expect(error.reason).to.equal('CONFIG_INVALID');
      expect(error.message).to.equal(
        `address ${JSON.stringify(text)}: must be host:port, or unix: and the absolute path of a socket file, such as ${meant}`,
      );
    });
  }

  for (const path of [`/${'x'.repeat(107)}`, `/${'ü'.repeat(54)}`]) {
    it(`of ${String(Buffer.byteLength(path))} bytes is too long for a socket file`, () => {
      const error = refusalOf(() => parseAddress(`unix:${path}`));
      expect(error).to.include({ code: 'INVALID_ARGUMENT', reason: 'SOCKET_PATH_TOO_LONG' });
      expect(error.message).to.match(/has 10[89] bytes, .* allows a socket file 107; choose a shorter one/);
    });
  }

  it('of a server has a port', () => {
    expect(parseServerAddress('[::1]:7440')).to.deep.equal({ host: '::1', port: 7440 });
    expect(() => parseServerAddress('localhost:0')).to.throw(/"localhost:0": must be host:port.*not 0/);
    expect(() => parseServerAddress('localhost')).to.throw(/must be host:port, such as localhost:7440/);
  });

  it('is written as it was read', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), fc.nat(65_535), (host, port) => {
        expect(parseAddress(formatAddress({ host, port }))).to.deep.equal({ host, port });
      }),
    );
  });
});

describe('Listening', () => {
  for (const host of [
    '127.0.0.1',
    '127.8.9.10',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    'localhost',
    'LocalHost',
  ]) {
    it(`on ${host} is for this machine alone`, () => {
      expect(isLoopback(host)).to.equal(true);
    });
  }
  for (const host of [
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    '::2',
    '::ffff:10.0.0.1',
    'localhost.example.org',
  ]) {
    it(`on ${host} is not`, () => {
      expect(isLoopback(host)).to.equal(false);
    });
  }

  it('is for this machine alone, as a socket file is', () => {
    expect(isLocal({ path: '/run/socket' })).to.equal(true);
  });

  it('is on one address or several', () => {
    expect(parseListen('a:1')).to.deep.equal([{ host: 'a', port: 1 }]);
    expect(parseListen(['a:1', 'unix:/b'])).to.deep.equal([{ host: 'a', port: 1 }, { path: '/b' }]);
    expect(() => parseListen([])).to.throw(/the list is empty; give an address/);
  });
});
