import { expect } from 'chai';
import type { ClientHttp2Session } from 'node:http2';

import type { ApiKey } from '@patchbay/objects';
import { signCall } from '@patchbay/objects/identity';

import { TestAuthority } from '../../src/testing/index.js';
import type { SampleServer } from '../sample.js';
import { callRequest, connectRaw, type RawAnswer, rawCall, TestKeys } from './keys-scene.js';
import { mirror, startMirror, TestPolicy } from './scene.js';

describe('A signed Call, from a client by HTTP/2 alone', () => {
  const authority = new TestAuthority();
  const host = authority.identity('host/h1');
  let keys: TestKeys;
  let key: ApiKey;
  let server: SampleServer;
  let run: string;
  let connection: ClientHttp2Session;

  async function start(): Promise<SampleServer> {
    return startMirror(host, new TestPolicy(), { objects: { mirror }, keys: keys.options });
  }

  before(async () => {
    keys = new TestKeys();
    key = keys.make('bot');
    server = await start();
    connection = connectRaw(server.address, authority.root);
    run = runIn(await rawCall(connection, callRequest('mirror', 'read'), signed({ server: 'none/yet' })));
  });
  after(async () => {
    connection.destroy();
    await server[Symbol.asyncDispose]();
    authority[Symbol.dispose]();
  });

  /** Returns which server and run of it an answer tells to sign for. */
  function runIn({ details }: RawAnswer): string {
    expect(details).to.contain('SERVER_RESTARTED');
    return /s1\/[\w-]{16}/.exec(details)?.[0] ?? '';
  }

  function signed(
    given: Partial<Parameters<typeof signCall>[1]> = {},
    { by = key, atMs = Date.now() } = {},
  ): Record<string, string> {
    const [object, method] = ['mirror', 'read'];
    const parts = {
      cluster: 'c1',
      host: 'host:h1',
      server: run,
      object,
      method,
      request: callRequest(object, method),
    };
    const signature = signCall(by, { ...parts, ...given }, atMs);
    return { 'x-patchbay-auth': signature, 'x-patchbay-server': given.server ?? run };
  }

  function call(
    metadata: Record<string, string>,
    request = callRequest('mirror', 'read'),
  ): Promise<RawAnswer> {
    return rawCall(connection, request, metadata);
  }

  it("is its user's, once", async () => {
    const metadata = signed();
    expect((await call(metadata)).text).to.contain('seen');
    expect((await call(metadata)).details).to.contain('SIGNATURE_INVALID');
    const who = callRequest('mirror', 'who');
    expect((await call(signed({ method: 'who', request: who }), who)).text).to.contain('user:bot');
  });

  it('goes on for longer than nobody in particular may, and with more at once', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => call(signed())));
    expect(all.map(({ status }) => status)).to.deep.equal(all.map(() => '0'));
  });

  for (const [what, given] of [
    ['other arguments', { request: Buffer.concat([callRequest('mirror', 'read'), Buffer.from([0x1a, 0])]) }],
    ['another method', { method: 'wait' }],
    ['another host', { host: 'host:h2' }],
    ['another cluster', { cluster: 'c2' }],
  ] as const) {
    it(`does not count when it was signed for ${what}`, async () => {
      const { status, details } = await call(signed(given));
      expect(status).to.equal('16');
      expect(details).to.contain('SIGNATURE_INVALID');
    });
  }

  it('is to be signed anew when it was signed for another server of the host', async () => {
    expect(runIn(await call(signed({ server: `s2/${run.split('/')[1] ?? ''}` })))).to.equal(run);
  });

  it('is to be signed anew when the server was started anew, and counts then', async () => {
    const before = signed();
    await using second = await start();
    const to = connectRaw(second.address, authority.root);
    const next = runIn(await rawCall(to, callRequest('mirror', 'read'), before));
    expect(next).not.to.equal(run);
    const lying = { ...before, 'x-patchbay-server': next };
    expect((await rawCall(to, callRequest('mirror', 'read'), lying)).details).to.contain('SIGNATURE_INVALID');
    expect((await rawCall(to, callRequest('mirror', 'read'), signed({ server: next }))).text).to.contain(
      'seen',
    );
    to.destroy();
  });

  it('says both clocks where the window has passed', async () => {
    const { details, text } = await call(signed({}, { atMs: Date.UTC(2026, 0, 1) }));
    expect(details)
      .to.contain('CLOCK_SKEWED')
      .and.contain('2026-01-01T00:00:00.000Z')
      .and.contain('serverTime');
    expect(text).to.contain('300 s');
  });

  it('does not count with a key that is guessed, or whose user is disabled', async () => {
    const gone = keys.make('gone');
    expect((await call(signed({}, { by: gone }))).status).to.equal('0');
    keys.remove(gone);
    for (const by of [gone, { ...key, id: 'ffffffffffff' }, { ...key, secret: 'x'.repeat(43) }]) {
      expect((await call(signed({}, { by }))).details).to.contain('SIGNATURE_INVALID');
    }
  });

  it('does not count with metadata that is oversize, or no signature', async () => {
    for (const wrong of ['x', '1;2;3;4;5', 'x'.repeat(8000), `${signed()['x-patchbay-auth'] ?? ''}x`]) {
      expect((await call({ ...signed(), 'x-patchbay-auth': wrong })).details).to.contain('SIGNATURE_INVALID');
    }
    const to = connectRaw(server.address, authority.root);
    const oversize = { ...signed(), 'x-patchbay-auth': 'x'.repeat(100_000) };
    expect((await rawCall(to, callRequest('mirror', 'read'), oversize)).status).not.to.equal('0');
    to.destroy();
    expect((await call(signed())).status).to.equal('0');
  });

  it('does not count at a server that takes no keys', async () => {
    await using keyless = await startMirror(host, new TestPolicy());
    const to = connectRaw(keyless.address, authority.root);
    expect((await rawCall(to, callRequest('mirror', 'read'), signed())).details).to.contain(
      'SIGNATURE_INVALID',
    );
    to.destroy();
  });

  it('ends while it runs, when its key is removed', async () => {
    const by = keys.make('bot');
    const request = callRequest('mirror', 'hold');
    const waiting = call(signed({ method: 'hold', request }, { by }), request);
    await call(signed());
    keys.remove(by);
    server.server.reidentify();
    expect((await waiting).details).to.contain('PERMISSION_REVOKED');
  });
});
