import { expect } from 'chai';
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';

import { FakeClock } from '@patchbay/objects/testing';

import { type KeyAndCertificate, TestAuthority } from '../../src/testing/index.js';
import type { SampleServer } from '../sample.js';
import { startMirror, TestPolicy } from '../secure/scene.js';

describe('Connections without an identity', function () {
  this.timeout(30_000);
  const authority = new TestAuthority();
  const alice = authority.identity('user/alice');
  const host = authority.identity('host/h1');
  const policy = new TestPolicy();
  const clock = new FakeClock(Date.now());
  const sessions: ClientHttp2Session[] = [];
  let server: SampleServer;

  before(async () => {
    policy.add(alice);
    server = await startMirror(host, policy, { clock });
  });
  afterEach(() => {
    for (const session of sessions.splice(0)) {
      session.destroy();
    }
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    authority[Symbol.dispose]();
  });

  /** Connects from an address of the loopback; resolves when the server has sent its settings. */
  async function open(from: string, own?: KeyAndCertificate): Promise<ClientHttp2Session> {
    const proof = own === undefined ? {} : { cert: own.certificate, key: own.privateKey };
    const options = {
      ...{ ca: authority.root, checkServerIdentity: () => undefined, ALPNProtocols: ['h2'], ...proof },
      ...{ host: '127.0.0.1', port: Number(server.address.split(':')[1]), localAddress: from },
    };
    const session = connectHttp2(`https://${server.address}`, {
      createConnection: () => connectTls(options),
    });
    sessions.push(session.on('error', () => undefined));
    await once(session, 'remoteSettings');
    return session;
  }

  it('are at most 256 in all: the oldest makes room, and who is known stays', async () => {
    const known = await open('127.0.0.1', alice);
    const first = await open('127.0.1.1');
    const rest: ClientHttp2Session[] = [];
    for (let count = 1; count < 256; count++) {
      rest.push(await open(`127.0.1.${String(1 + Math.floor(count / 16))}`));
    }
    expect([known, first, ...rest].filter(({ closed }) => closed)).to.deep.equal([]);
    const closed = once(first, 'close');
    const last = await open('127.0.2.1');
    await closed;
    expect([known, ...rest, last].filter((each) => each.closed)).to.deep.equal([]);
  });

  it('end after 30 s, and those of who is known do not', async () => {
    const known = await open('127.0.0.1', alice);
    const anonymous = await open('127.0.0.1');
    await clock.advance(29_000);
    expect(anonymous.closed).to.equal(false);
    const closed = once(anonymous, 'close');
    await clock.advance(1_000);
    await closed;
    expect(known.closed).to.equal(false);
  });
});
