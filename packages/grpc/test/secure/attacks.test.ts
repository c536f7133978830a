import { type ChannelCredentials, type Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect as connectHttp2, constants } from 'node:http2';
import { promisify } from 'node:util';

import { Scratch } from '@patchbay/objects/testing';

import { fromGrpcStatus } from '../../src/status.js';
import { dial, type KeyAndCertificate, readAll, TestAuthority } from '../../src/testing/index.js';
import type { SampleServer } from '../sample.js';
import { startMirror, TestPolicy } from './scene.js';

interface Objects extends Client {
  Call(request: object): AsyncIterable<unknown>;
}

const run = promisify(execFile);
const hourMs = 3_600_000;

/** Runs a tool that is not ours, and returns all that it prints, whether it succeeds or not. */
async function outputOf(tool: string, ...args: readonly string[]): Promise<string> {
  const running = run(tool, args, { timeout: 10_000 });
  running.child.stdin?.end();
  return running.then(
    ({ stdout, stderr }) => stdout + stderr,
    (error: unknown) => {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      return stdout + stderr;
    },
  );
}

describe('A server with an identity, attacked by clients of others', () => {
  const authority = new TestAuthority();
  const stranger = new TestAuthority();
  const host = authority.identity('host/h1');
  const alice = authority.identity('user/alice');
  const policy = new TestPolicy();
  let scratch: Scratch;
  let server: SampleServer;
  let address: string;

  before(async () => {
    scratch = await Scratch.make();
    policy.add(alice);
    server = await startMirror(host, policy);
    ({ address } = server);
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    authority[Symbol.dispose]();
    stranger[Symbol.dispose]();
    await scratch.close();
  });

  function credentialsWith(own?: KeyAndCertificate): ChannelCredentials {
    const [key, certificate] =
      own === undefined ? [null, null] : [Buffer.from(own.privateKey), Buffer.from(own.certificate)];
    // Who checks only that the server is one of the cluster.
    return credentials.createSsl(Buffer.from(authority.root), key, certificate, {
      checkServerIdentity: () => undefined,
    });
  }

  async function answerTo(own?: KeyAndCertificate): Promise<{ answers: unknown[]; error?: ServiceError }> {
    const file = 'patchbay/v1/objects.proto';
    const objects = dial<Objects>(address, file, 'patchbay.v1.ObjectServer', {}, credentialsWith(own));
    try {
      return await readAll(objects.Call({ object: 'mirror', method: 'read' }));
    } finally {
      objects.close();
    }
  }

  it('serves whom the policy knows', async () => {
    const { answers } = await answerTo(alice);
    expect(answers).to.have.nested.property('[0].result.stringValue', 'seen');
  });

  const uri = 'spiffe://c1/user/alice';
  const attacks: readonly [
    what: string,
    own: () => KeyAndCertificate | undefined,
    reason: string,
    says: RegExp,
  ][] = [
    ['no certificate', () => undefined, 'CALLER_UNKNOWN', /anonymous/],
    [
      'one of an unknown authority',
      () => stranger.identity('user/alice'),
      'CERTIFICATE_FOREIGN',
      /no authority/,
    ],
    ['one that it signed itself', () => authority.selfSigned(uri), 'CERTIFICATE_FOREIGN', /no authority/],
    [
      'one of another cluster',
      () => authority.issue({ names: ['URI:spiffe://c2/user/alice'] }),
      'CERTIFICATE_FOREIGN',
      /spiffe:\/\/c2\/user\/alice.*"c1"/,
    ],
    [
      'one with two URIs',
      () =>
        authority.issue({ names: [`URI:${uri}`, 'URI:spiffe://c1/user/bob'], privateKey: alice.privateKey }),
      'CERTIFICATE_FOREIGN',
      /does not name one/,
    ],
    [
      'one that has ended',
      () =>
        authority.issue({
          names: [`URI:${uri}`],
          endsAtMs: Date.now() - hourMs,
          privateKey: alice.privateKey,
        }),
      'CERTIFICATE_EXPIRED',
      /user:alice ended at \S+Z, and the server's clock says \S+Z/,
    ],
    [
      'one that begins later',
      () =>
        authority.issue({
          names: [`URI:${uri}`],
          beginsAtMs: Date.now() + hourMs,
          privateKey: alice.privateKey,
        }),
      'CERTIFICATE_NOT_YET_VALID',
      /user:alice begins at \S+Z, and the server's clock says \S+Z/,
    ],
    ['one for another key', () => authority.identity('user/alice'), 'CERTIFICATE_REVOKED', /revoked/],
    [
      'one of a name server',
      () => authority.identity('nameserver/n1'),
      'CERTIFICATE_FOREIGN',
      /nameserver\/n1/,
    ],
  ];
  for (const [what, own, reason, says] of attacks) {
    it(`refuses who has ${what}`, async () => {
      const { answers, error } = await answerTo(own());
      expect(answers).to.deep.equal([]);
      const refused = fromGrpcStatus(error as ServiceError);
      expect([refused.code, refused.reason]).to.deep.equal(['UNAUTHENTICATED', reason]);
      expect(refused.message).to.match(says);
    });
  }

  it('refuses TLS 1.2', async () => {
    const output = await outputOf('openssl', 's_client', '-connect', address, '-alpn', 'h2', '-tls1_2');
    expect(output).to.match(/alert protocol version/);
  });

  it('resumes no session, in which a client would need no certificate', async () => {
    const session = scratch.file('session');
    const root = scratch.file('root.pem');
    writeFileSync(root, authority.root);
    const options = ['s_client', '-connect', address, '-alpn', 'h2', '-CAfile', root];
    const first = await outputOf('openssl', ...options, '-sess_out', session);
    expect(first).to.include('New, TLSv1.3').and.include('Verify return code: 0');
    const second = await outputOf('openssl', ...options, '-sess_in', session);
    expect(second).to.not.include('Reused');
  });

  it('tells HTTP/1.1 without TLS that it needs that', async () => {
    const output = await outputOf('curl', '-s', '-i', '--max-time', '5', `http://${address}/`);
    expect(output).to.match(/^HTTP\/1\.1 403 .*TLS_REQUIRED/s);
  });

  it('tells HTTP/2 without TLS that it needs that, as it closes the connection', async () => {
    const session = connectHttp2(`http://${address}`);
    session.on('error', () => undefined);
    const [code, , text] = (await once(session, 'goaway')) as [number, number, Buffer];
    session.destroy();
    expect(code).to.equal(constants.NGHTTP2_INADEQUATE_SECURITY);
    expect(text.toString()).to.match(/^TLS_REQUIRED/);
  });

  it('ends the oldest of too many connections without an identity, and no other', async () => {
    const open = (own: Partial<KeyAndCertificate> = {}): ReturnType<typeof connectHttp2> => {
      const { certificate: cert, privateKey: key } = own;
      const session = connectHttp2(`https://${address}`, {
        ca: authority.root,
        checkServerIdentity: () => undefined,
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
      });
      return session.on('error', () => undefined);
    };
    const known = open(alice);
    await once(known, 'remoteSettings');
    const first = open();
    const rest = Array.from({ length: 15 }, () => open());
    await Promise.all([first, ...rest].map((each) => once(each, 'remoteSettings')));
    const more = open();
    await once(first, 'close');
    expect([known, ...rest].map(({ closed }) => closed)).to.not.include(true);
    [known, ...rest, more].forEach((each) => {
      each.destroy();
    });
  });
});
