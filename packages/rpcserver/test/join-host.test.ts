import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { grpcTransport } from '@patchbay/grpc/client';
import { readIdentityFile, renewIdentity } from '@patchbay/grpc/secure';
import { initAuthority, type NameServer, startNameServer } from '@patchbay/nameserver';
import { silentLog } from '@patchbay/objects';
import { diskTroubles, refusal, Scratch, SmallDisk } from '@patchbay/objects/testing';
import { connectOver, type ObjectClient } from '@patchbay/session/client';

import { hostIdentity, joinHost } from '../src/join-host.js';

const dyingRenewal = fileURLToPath(new URL('fixtures/dying-renewal.js', import.meta.url));

describe('Joining a cluster', function () {
  this.timeout(60_000);
  let scratch: Scratch;
  let nameServer: NameServer;
  let address: string;
  let local: ObjectClient;

  beforeEach(async () => {
    scratch = await Scratch.make();
    const stateDir = scratch.file('names');
    await initAuthority({ stateDir, name: 'ns1', log: silentLog });
    const socket = `unix:${scratch.file('run', 'socket')}`;
    const listen = ['127.0.0.1:0', socket];
    nameServer = await startNameServer({ listen, stateDir, log: silentLog, version: '1.2.3' });
    ({ address } = nameServer);
    local = connectOver(grpcTransport, socket);
  });
  afterEach(async () => {
    await local.close();
    await nameServer[Symbol.asyncDispose]();
    await scratch.close();
  });

  function call<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    return local.call('identity', name, args) as Promise<T>;
  }

  async function token(options: object = {}): Promise<string> {
    return (await call<{ token: string }>('create_token', 'host', 'web1', options)).token;
  }

  for (const { title, strike, heal } of diskTroubles) {
    it(`on a disk that is ${title} sends no token, says why, and is done once it can`, async function () {
      if (process.getuid?.() !== 0) {
        this.skip(); // only root can mount one
      }
      await using disk = await SmallDisk.mount();
      const options = { address, token: await token(), stateDir: disk.path };
      strike(disk);
      const error = await refusal(joinHost(options), 'IDENTITY_FILE_UNSAFE');
      expect(error.message).to.match(/cannot be written: .*(no space left|read-only)/i);
      expect(await call('list_hosts')).to.deep.equal([]);
      heal(disk);
      expect((await joinHost(options)).enrolment).to.include({ state: 'active' });
      expect(readdirSync(disk.path)).to.deep.equal(['identity.json']);
    });
  }

  it('on a disk that fills before the certificate comes is done by the same key and token later', async function () {
    if (process.getuid?.() !== 0) {
      this.skip(); // only root can mount one
    }
    await using disk = await SmallDisk.mount();
    const options = { address, token: await token({ approve: true }), stateDir: disk.path, approvalMs: 20 };
    const failed = joinHost({
      ...options,
      onPending: (name, fingerprint) => {
        disk.fill();
        void call('approve', name, fingerprint);
      },
    });
    await refusal(failed, 'IDENTITY_FILE_UNSAFE');
    const pending = readIdentityFile(join(disk.path, 'identity.json'));
    expect(pending).to.not.have.property('certificate');
    disk.free();
    const { identity, enrolment } = await joinHost(options);
    expect(enrolment).to.include({ state: 'active' });
    expect(identity.privateKey).to.equal(pending?.privateKey);
  });

  it('survives a renewal that is killed at any step of writing the file', async () => {
    const stateDir = scratch.file('web1');
    const path = join(stateDir, 'identity.json');
    const { identity } = await joinHost({ address, token: await token(), stateDir });
    let last = identity.certificate;
    let replaced = 0;
    for (let nth = 1; ; nth += 1) {
      const signal = await new Promise((resolve) => {
        execFile(process.execPath, [dyingRenewal, path, address, String(nth)], (error) => {
          resolve(error?.signal ?? error?.message);
        });
      });
      const left = readIdentityFile(path);
      expect(left?.privateKey, `killed at ${String(nth)}`).to.equal(identity.privateKey);
      const { publicKey } = new X509Certificate(left?.certificate ?? '');
      expect(
        new X509Certificate(left?.certificate ?? '').checkPrivateKey(createPrivateKey(identity.privateKey)),
      ).to.equal(true);
      expect(publicKey.asymmetricKeyType).to.equal('ec');
      replaced += left?.certificate === last ? 0 : 1;
      last = left?.certificate ?? '';
      if (signal === undefined) {
        expect(nth).to.be.above(6);
        break;
      }
      expect(signal).to.equal('SIGKILL');
    }
    expect(replaced).to.be.above(1);
    const current = hostIdentity(stateDir);
    expect(current && (await renewIdentity(current, address))).to.include({ state: 'active' });
  });
});
