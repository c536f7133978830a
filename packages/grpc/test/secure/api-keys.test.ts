import { expect } from 'chai';
import { connect } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';

import { Scratch, eventually, refusal } from '@patchbay/objects/testing';
import { encodeFrames, noAuth } from '@patchbay/session';

import { CurrentIdentity } from '../../src/secure/index.js';
import { TestAuthority } from '../../src/testing/index.js';
import { invoke, message, paths, RawClient } from '../server/raw-client.js';
import { type SampleServer, startSample } from '../sample.js';
import { connectByKey, Relay, replaced, TestKeys } from './keys-scene.js';
import { type Mirror, mirror, startMirror, TestPolicy } from './scene.js';

describe('A session with an API key', () => {
  const authority = new TestAuthority();
  const host = authority.identity('host/h1');
  let keys: TestKeys;
  let server: SampleServer;
  let plain: SampleServer;
  let scratch: Scratch;

  before(async () => {
    scratch = await Scratch.make();
    keys = new TestKeys();
    server = await startMirror(host, new TestPolicy(), {
      listen: ['127.0.0.1:0', `unix:${scratch.file('socket')}`],
      keys: keys.options,
    });
    plain = await startSample({ objects: { mirror }, keys: keys.options });
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await plain[Symbol.asyncDispose]();
    authority[Symbol.dispose]();
    await scratch.close();
  });

  it('makes its user the caller over TLS, although no root is known, and without the bounds of nobody in particular', async () => {
    const key = keys.make('bot');
    await using client = connectByKey(server.address, key);
    const proxy = client.proxy<Mirror>('mirror');
    expect([await proxy.who(), await proxy.read()]).to.deep.equal(['user:bot', 'seen']);
    const running = Array.from({ length: 20 }, () => proxy.wait());
    expect(await proxy.who()).to.equal('user:bot');
    await client.close();
    await Promise.allSettled(running);
    expect(keys.used).to.include(key.id);
  });

  it('describes what its user may see, over the same proofs: nothing to a wrong key, or from another server', async () => {
    const key = keys.make('bot');
    await using client = connectByKey(server.address, key);
    expect((await client.describe('mirror')).methods.map(({ name }) => name)).to.include('read');
    await using wrong = connectByKey(server.address, { ...key, secret: 'x'.repeat(43) });
    expect((await refusal(wrong.describe('mirror'))).reason).to.equal('SIGNATURE_INVALID');
    await using other = connectByKey(server.address, key, { principal: 'host:h2' });
    expect((await refusal(other.describe('mirror'))).reason).to.equal('SERVER_NOT_EXPECTED');
  });

  it('makes its user the caller on a socket file, where its client would be local without', async () => {
    await using client = connectByKey(server.server.addresses[1] ?? '', keys.make('bot'));
    expect(await client.proxy<Mirror>('mirror').who()).to.equal('user:bot');
  });

  it('makes its user the caller without TLS, where the server takes connections without', async () => {
    await using client = connectByKey(plain.address, keys.make('bot'), { tls: false });
    expect(await client.proxy<Mirror>('mirror').who()).to.equal('user:bot');
  });

  it('is refused with another secret, with an id that is guessed, and with a key that was removed', async () => {
    const [good, removed] = [keys.make('bot'), keys.make('bot')];
    keys.remove(removed);
    for (const key of [{ ...good, secret: 'x'.repeat(43) }, { ...good, id: 'ffffffffffff' }, removed]) {
      await using client = connectByKey(server.address, key);
      const error = await refusal(client.proxy<Mirror>('mirror').who());
      expect(error).to.include({ code: 'UNAUTHENTICATED', reason: 'SIGNATURE_INVALID' });
    }
  });

  it('is given to no server that has another name than the one that was registered, or takes no keys', async () => {
    const key = keys.make('bot');
    await using other = connectByKey(server.address, key, { principal: 'host:h2' });
    expect((await refusal(other.proxy<Mirror>('mirror').who())).reason).to.equal('SERVER_NOT_EXPECTED');
    await using named = connectByKey(server.address, key, { principal: 'nameserver' });
    expect((await refusal(named.proxy<Mirror>('mirror').who())).reason).to.equal('SERVER_NOT_EXPECTED');
    await using keyless = await startMirror(host, new TestPolicy());
    await using client = connectByKey(keyless.address, key);
    const error = await refusal(client.proxy<Mirror>('mirror').who(), 'SERVER_NOT_EXPECTED');
    expect(error.message).to.contain('takes no API keys');
  });

  it('is refused when somebody in between ends TLS', async () => {
    const own = authority.identity('host/h1');
    await using proxy = await Relay.to(server.address, {
      accept: (take) =>
        createTlsServer({ cert: own.certificate, key: own.privateKey, ALPNProtocols: ['h2'] }, take),
      dial: (port) =>
        connectTls({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false }),
    });
    await using client = connectByKey(proxy.address, keys.make('bot'));
    expect((await refusal(client.proxy<Mirror>('mirror').who())).reason).to.equal('SIGNATURE_INVALID');
  });

  for (const [whose, text, by] of [
    ["the client's Hello", 'claims-a', 'claims-b'],
    ["the server's Hello", '/h1/s1/', '/h1/s2/'],
  ] as const) {
    it(`is refused when ${whose} was changed on the way`, async () => {
      await using proxy = await Relay.to(plain.address, { change: (data) => replaced(data, text, by) });
      const key = keys.make('bot');
      await using client = connectByKey(proxy.address, key, { tls: false, claims: 'claims-a' });
      const error = await refusal(client.proxy<Mirror>('mirror').who());
      expect(error.reason).to.equal('SIGNATURE_INVALID');
      await using unchanged = await Relay.to(plain.address);
      await using second = connectByKey(unchanged.address, key, { tls: false, claims: 'claims-a' });
      expect(await second.proxy<Mirror>('mirror').who()).to.equal('user:bot');
    });
  }

  it('is refused to who replays the proof of another', async () => {
    const key = keys.make('bot');
    const seen: Buffer[] = [];
    await using proxy = await Relay.to(plain.address, {
      change: (data, from) => {
        if (from === 'client') {
          seen.push(data);
        }
        return data;
      },
    });
    await using client = connectByKey(proxy.address, key, { tls: false });
    expect(await client.proxy<Mirror>('mirror').who()).to.equal('user:bot');
    await client.close();
    const { asked, used } = { asked: keys.asked, used: keys.used.length };
    const again = connect(Number(plain.address.split(':')[1]), '127.0.0.1');
    again.resume();
    again.write(Buffer.concat(seen));
    await eventually(() => keys.asked > asked);
    again.destroy();
    expect(keys.used).to.have.lengthOf(used);
  });

  it('takes no call before the proof', async () => {
    using client = new RawClient(plain.address);
    const stream = client.open(paths.session);
    const hello = {
      kind: 'hello',
      ...{ client: 'raw', maxCalls: 0, itemWindow: 1, itemCountWindow: 0 },
      ...{ maxFrameBytes: 0, idempotent: [] },
      auth: { ...noAuth, key: keys.make('bot').id, challenge: Buffer.alloc(32) },
    } as const;
    stream.write(
      message(encodeFrames(hello), encodeFrames(invoke(1, 'mirror', 'who', { json: '[]', attachments: [] }))),
    );
    const trailers = await new Promise<Record<string, unknown>>((resolve) => {
      stream.on('response', resolve).resume(); // there are no others
    });
    expect(trailers['grpc-status']).to.equal('3');
    expect(decodeURIComponent(String(trailers['grpc-message']))).to.contain('before the hello, or the proof');
  });

  it('ends within a second when its key is removed or its user disabled, with what runs', async () => {
    const key = keys.make('bot');
    await using client = connectByKey(server.address, key);
    const proxy = client.proxy<Mirror>('mirror');
    expect(await proxy.who()).to.equal('user:bot');
    const begunAt = performance.now();
    const waiting = refusal(proxy.wait());
    await proxy.who();
    keys.remove(key);
    server.server.reidentify();
    await waiting;
    expect(performance.now() - begunAt).to.be.lessThan(1000);
    await eventually(async () => (await refusal(proxy.read())).reason === 'SIGNATURE_INVALID');
  });

  it('may say who its client is, for the log alone, in visible ASCII', async () => {
    await using client = connectByKey(plain.address, keys.make('bot'), { tls: false, claims: 'bad\nclaims' });
    expect((await refusal(client.proxy<Mirror>('mirror').who())).message).to.contain('claims');
  });

  it('is the one that its server is known by when the certificate changes', async () => {
    const identity = new CurrentIdentity(host);
    await using renewed = await startMirror(identity, new TestPolicy(), { keys: keys.options });
    const key = keys.make('bot');
    await using client = connectByKey(renewed.address, key);
    expect(await client.proxy<Mirror>('mirror').who()).to.equal('user:bot');
    identity.replace(authority.identity('host/h1'));
    await using next = connectByKey(renewed.address, key);
    expect(await next.proxy<Mirror>('mirror').who()).to.equal('user:bot');
  });
});
