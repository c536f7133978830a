import { expect } from 'chai';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect as connectTls } from 'node:tls';
import { z } from 'zod';

import { grpcTransport } from '@patchbay/grpc/client';
import { enrol, type Identity, secureTransport, type TlsFiles } from '@patchbay/grpc/secure';
import { TestAuthority } from '@patchbay/grpc/testing';
import { type NameServer, startNameServer } from '@patchbay/nameserver';
import { type SignaturesOf, silentLog } from '@patchbay/objects';
import { defineObject, method } from '@patchbay/objects/define';
import { eventually, refusal, Scratch } from '@patchbay/objects/testing';
import { connectOver, type ObjectClient } from '@patchbay/session/client';

import { RpcServer } from '../src/rpc-server.js';

const desk = defineObject({
  summary: 'A desk',
  methods: {
    who: method({
      summary: 'Return who calls',
      access: 'view',
      returns: z.string(),
      run: ({ caller: { principal, groups } }) => [principal, ...groups].join(' '),
    }),
  },
});

type Desk = SignaturesOf<typeof desk>;

describe('A cluster with a PKI of its own', function () {
  this.timeout(30_000);
  const pki = new TestAuthority('prod.example.org');
  const stranger = new TestAuthority('prod.example.org');
  const ns1 = pki.identity('nameserver/ns1');
  const web1 = pki.identity('host/web1');
  const alice = pki.identity('user/alice');
  let scratch: Scratch;
  let names: NameServer;
  let local: ObjectClient;
  const open: AsyncDisposable[] = [];

  function write(folder: string, { certificate, privateKey, roots }: Identity): TlsFiles {
    mkdirSync(scratch.file(folder), { recursive: true });
    const files = {
      certificate: scratch.file(folder, 'cert.pem'),
      key: scratch.file(folder, 'key.pem'),
      roots: scratch.file(folder, 'roots.pem'),
    };
    writeFileSync(files.certificate, certificate);
    writeFileSync(files.key, privateKey, { mode: 0o600 });
    writeFileSync(files.roots, roots.join(''));
    return files;
  }

  async function startNames(
    tls: TlsFiles | undefined,
    stateDir = scratch.file('names'),
  ): Promise<NameServer> {
    const listen = ['127.0.0.1:0', `unix:${scratch.file('run', 'socket')}`];
    return startNameServer({ listen, tls, stateDir, log: silentLog, version: '1.2.3' });
  }

  beforeEach(async () => {
    scratch = await Scratch.make();
    names = await startNames(write('ns1', ns1));
    local = connectOver(grpcTransport, names.addresses[1] ?? '');
  });
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) {
      await each[Symbol.asyncDispose]();
    }
    await local.close();
    await names[Symbol.asyncDispose]();
    await scratch.close();
  });
  after(() => {
    pki[Symbol.dispose]();
    stranger[Symbol.dispose]();
  });

  function admin(name: string, ...args: readonly unknown[]): Promise<unknown> {
    return local.call('identity', name, args);
  }

  async function serve(tls: TlsFiles): Promise<RpcServer> {
    const server = await RpcServer.start({
      ...{ tls, objects: { desk }, log: silentLog, listen: '127.0.0.1:0', nameServer: names.address },
      stateDir: scratch.file('web1-state'),
    });
    open.push(server);
    return server;
  }

  function connect(address: string, identity: Partial<Identity>): ObjectClient {
    const trust = { cluster: 'prod.example.org', roots: web1.roots, ...identity };
    const client = connectOver(secureTransport({ identity: trust }), address, { timeoutMs: 5000 });
    open.push(client);
    return client;
  }

  it('knows hosts and users by the SPIFFE IDs of their certificates, whatever their keys', async () => {
    expect(names.authority?.cluster).to.equal('prod.example.org');
    await admin('add_host', 'web1', { names: ['desk'], groups: ['linux'] });
    await admin('add_user', 'alice', { group: ['ops'] });
    await admin('grant', 'group:ops', 'viewer', 'desk');
    const server = await serve(write('web1', web1));
    const who = (identity: Identity): Promise<string> => {
      return connect(server.address, identity).proxy<Desk>('desk').who();
    };
    await eventually(async () => {
      expect(await who(alice)).to.equal('user:alice ops');
    });
    expect(await who(pki.identity('user/alice'))).to.equal('user:alice ops');

    await admin('disable_user', 'alice');
    await eventually(() => refusal(who(alice), 'CERTIFICATE_REVOKED'));
    await admin('revoke', 'host:web1');
    const asHost = connect(names.address, web1);
    await refusal(asHost.call('nameserver', 'list', []), 'CERTIFICATE_REVOKED');
    await admin('add_host', 'web1');
    const back = connect(names.address, pki.identity('host/web1'));
    expect(await back.call('identity', 'whoami', [])).to.include({ principal: 'host:web1' });
  });

  const right = 'URI:spiffe://prod.example.org/user/alice';
  const hourMs = 3_600_000;
  const attacks: readonly [what: string, own: () => Partial<Identity>, reason: string][] = [
    ['of nobody whom an admin added', () => pki.identity('user/bob'), 'CALLER_UNKNOWN'],
    ['with a right URI of a foreign root', () => stranger.identity('user/alice'), 'CERTIFICATE_FOREIGN'],
    [
      'with a right URI that signed itself',
      () => pki.selfSigned('spiffe://prod.example.org/user/alice'),
      'CERTIFICATE_FOREIGN',
    ],
    [
      'with two URIs',
      () => pki.issue({ names: [right, 'URI:spiffe://prod.example.org/user/bob'] }),
      'CERTIFICATE_FOREIGN',
    ],
    ['with no URI', () => pki.issue({ names: ['DNS:alice'] }), 'CERTIFICATE_FOREIGN'],
    [
      'of another trust domain',
      () => pki.issue({ names: ['URI:spiffe://test.example.org/user/alice'] }),
      'CERTIFICATE_FOREIGN',
    ],
    [
      'that has ended',
      () => pki.issue({ names: [right], endsAtMs: Date.now() - hourMs }),
      'CERTIFICATE_EXPIRED',
    ],
    [
      'that begins later',
      () => pki.issue({ names: [right], beginsAtMs: Date.now() + hourMs }),
      'CERTIFICATE_NOT_YET_VALID',
    ],
  ];
  for (const [what, own, reason] of attacks) {
    it(`refuses a certificate ${what}`, async () => {
      await admin('add_user', 'alice');
      await admin('grant', 'user:alice', 'admin', '**');
      const client = connect(names.address, { ...own(), roots: web1.roots });
      expect((await refusal(client.call('nameserver', 'list', []))).reason).to.equal(reason);
    });
  }

  it('enrols nobody, and makes no tokens: its own PKI issues the certificates', async () => {
    await refusal(admin('create_token', 'host', 'web1'), 'CERTIFICATES_NOT_ISSUED');
    await refusal(admin('create_user', 'alice'), 'CERTIFICATES_NOT_ISSUED');
    const address = names.addresses[1] ?? '';
    const path = scratch.file('identity.json');
    await refusal(enrol({ kind: 'host', name: 'web1', address, path }), 'CERTIFICATES_NOT_ISSUED');
    await refusal(
      admin('add_user', 'alice').then(() => admin('add_user', 'alice')),
      'RECORD_EXISTS',
    );
    await refusal(
      admin('add_host', 'h1').then(() => admin('add_host', 'h1')),
      'RECORD_EXISTS',
    );
  });

  it('puts changed files in force on both daemons, keeps what is broken out, and loses no session', async () => {
    await admin('add_host', 'web1', { names: ['desk'] });
    await admin('add_user', 'alice');
    await admin('grant', 'user:alice', 'viewer', '**');
    const server = await serve(write('web1', web1));
    const calling = connect(server.address, alice).proxy<Desk>('desk');
    await eventually(() => calling.who());
    const serial = (): Promise<string> => serialAt(server.address, alice);
    const before = await serial();
    write('web1', pki.identity('host/web1'));
    server.reloadTls();
    write('ns1', pki.identity('nameserver/ns1'));
    names.reloadTls();
    const after = await serial();
    expect(after).not.to.equal(before);
    expect(await calling.who()).to.equal('user:alice');
    const { key } = write('web1', pki.identity('host/web1'));
    chmodSync(key, 0o644);
    const refused = await refusal(
      Promise.resolve().then(() => {
        server.reloadTls();
      }),
    );
    expect(refused.reason).to.equal('IDENTITY_FILE_UNSAFE');
    expect(await serial()).to.equal(after);
    expect(server.registered).to.equal(true);
  });

  it('does not start with a certificate of another kind or trust domain', async () => {
    await refusal(startNames(write('web1', web1), scratch.file('other')), 'CONFIG_INVALID');
    await refusal(serve(write('alice', alice)), 'CONFIG_INVALID');
    await names[Symbol.asyncDispose]();
    using elsewhere = new TestAuthority('test.example.org');
    const files = write('elsewhere', elsewhere.identity('nameserver/ns1'));
    const { message } = await refusal(startNames(files), 'CONFIG_INVALID');
    expect(message).to.match(/"test.example.org", and this is the cluster "prod.example.org"/);
    names = await startNames(write('ns1', ns1));
  });

  it('counts no certificate any more once the name server has no PKI of one’s own', async () => {
    await admin('add_user', 'alice');
    await names[Symbol.asyncDispose]();
    names = await startNames(undefined);
    const { roots = [] } = names.authority ?? {};
    const client = connect(names.address, { ...alice, roots });
    await refusal(client.call('nameserver', 'list', []), 'CERTIFICATE_FOREIGN');
  });
});

/** Returns the serial number of the certificate that a server shows now. */
function serialAt(address: string, { roots, certificate, privateKey }: Identity): Promise<string> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve, reject) => {
    const options = { host, port: Number(port), ca: [...roots], cert: certificate, key: privateKey };
    const socket = connectTls(
      { ...options, ALPNProtocols: ['h2'], checkServerIdentity: () => undefined },
      () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });
}
