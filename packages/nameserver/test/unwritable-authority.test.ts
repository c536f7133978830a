import { join } from 'node:path';

import type { IdentityObject } from '@patchbay/authority';
import { grpcTransport } from '@patchbay/grpc/client';
import { enrol, openIdentity, renewIdentity } from '@patchbay/grpc/secure';
import { initAuthority, type NameServer, startNameServer } from '@patchbay/nameserver';
import { type SignaturesOf, silentLog } from '@patchbay/objects';
import { diskTroubles, eventually, refusal, Scratch, SmallDisk } from '@patchbay/objects/testing';
import { connectOver, type RemoteObject } from '@patchbay/session/client';
import { expect } from 'chai';

type Identity = RemoteObject<SignaturesOf<IdentityObject>>;

describe('An authority whose disk cannot be written', function () {
  this.timeout(30_000);
  let disk: SmallDisk;
  let scratch: Scratch;
  let socket: string;
  let reported: (string | undefined)[];

  before(function () {
    if (process.getuid?.() !== 0) {
      this.skip(); // only root can mount one
    }
  });
  beforeEach(async () => {
    disk = await SmallDisk.mount();
    scratch = await Scratch.make();
    socket = `unix:${scratch.file('run', 'socket')}`;
    reported = [];
    await initAuthority({ stateDir: join(disk.path, 'names'), name: 'ns1', log: silentLog });
  });
  afterEach(async () => {
    await disk[Symbol.asyncDispose]();
    await scratch.close();
  });

  function start(): Promise<NameServer> {
    return startNameServer({
      listen: ['127.0.0.1:0', socket],
      stateDir: join(disk.path, 'names'),
      log: silentLog,
      version: '1.2.3',
      onWritable: (failure) => {
        reported.push(failure?.reason);
      },
    });
  }

  async function withIdentity<T>(use: (identity: Identity) => Promise<T>): Promise<T> {
    await using client = connectOver(grpcTransport, socket);
    return await use(client.proxy<SignaturesOf<IdentityObject>>('identity'));
  }

  /** Returns all that the authority shows of its records. */
  function records(): Promise<unknown> {
    return withIdentity(async (identity) => ({
      hosts: await identity.list_hosts(),
      users: await identity.list_users(),
      tokens: await identity.list_tokens(),
      grants: await identity.list_grants(),
    }));
  }

  for (const { title, reason, strike, heal } of diskTroubles) {
    it(`as it is ${title} changes nothing, burns no token, says why, and does it all once it can`, async () => {
      const path = (name: string): string => scratch.file(`${name}.json`);
      const made = { web1: '', web2: '' };
      {
        await using server = await start();
        await withIdentity(async (identity) => {
          made.web1 = (await identity.create_token('host', 'web1')).token;
          made.web2 = (await identity.create_token('host', 'web2')).token;
        });
        await enrol({ kind: 'host', address: server.address, token: made.web2, path: path('web2') });
      }
      strike(disk);
      await using server = await start();
      const { address } = server;
      const join1 = () => enrol({ kind: 'host', address, token: made.web1, path: path('web1') });
      const web2 = openIdentity(path('web2'));
      const [, id = ''] = made.web1.split('.');
      const before = await records();
      const attempts: readonly (readonly [what: string, attempt: () => Promise<unknown>])[] = [
        ['enrol', join1],
        ['renew', () => (web2 ? renewIdentity(web2, address) : Promise.resolve())],
        ['revoke', () => withIdentity((identity) => identity.revoke('host:web2'))],
        ['create_token', () => withIdentity((identity) => identity.create_token('host', 'web3'))],
        ['create_user', () => withIdentity((identity) => identity.create_user('bob'))],
        ['grant', () => withIdentity((identity) => identity.grant('host:web2', 'viewer', '*'))],
        ['revoke_token', () => withIdentity((identity) => identity.revoke_token(id))],
      ];
      for (const [what, attempt] of attempts) {
        const error = await refusal(attempt());
        expect(error.reason, what).to.equal(reason);
        expect(error.message, what).to.match(/no space left|read-only/);
      }
      expect(await records()).to.deep.equal(before);
      heal(disk);
      await eventually(() => reported.length > 1);
      expect(reported).to.deep.equal([reason, undefined]);
      for (const [what, attempt] of attempts.slice(0, -1)) {
        await attempt().catch((error: unknown) => {
          throw new Error(what, { cause: error });
        });
      }
      const states = await withIdentity((identity) => identity.list_hosts());
      expect(states.map(({ name, state }) => [name, state])).to.deep.equal([
        ['web1', 'active'],
        ['web2', 'revoked'],
      ]);
    });
  }

  it('that fills while it runs has whole records alone, as it says, and has them after a restart', async () => {
    let shown: unknown;
    {
      await using server = await start();
      expect(server.authority).to.not.equal(undefined);
      disk.fill();
      let made = 0;
      const failed = await refusal(
        withIdentity(async (identity) => {
          for (; made < 1_000; made += 1) {
            await identity.create_user(`user${String(made)}`);
          }
        }),
      );
      expect(failed.reason).to.equal('STORE_FULL');
      shown = await records();
      expect(shown)
        .to.have.property('users')
        .with.length(made + 1); // beside the first admin
      expect(shown)
        .to.have.property('tokens')
        .with.length(made + 2); // beside the first two
    }
    await using again = await start();
    expect(again.authority).to.not.equal(undefined);
    expect(await records()).to.deep.equal(shown);
    disk.free();
    await eventually(() => withIdentity((identity) => identity.create_user('last')));
  });
});
