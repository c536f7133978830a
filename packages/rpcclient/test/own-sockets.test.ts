import { expect } from 'chai';
import { chmodSync, chownSync, lchownSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { machineId, type NameRecord, type NameServerMethods, nameServerObject } from '@patchbay/objects';
import { refusal, refusalOf } from '@patchbay/objects/testing';

import { withOwnSockets } from '../src/own-sockets.js';
import { type Post, post, TestCluster } from './cluster.js';

describe('A server on a socket file', function () {
  this.timeout(30_000);
  let cluster: TestCluster;
  let path: string;
  const machine = machineId();

  beforeEach(async () => {
    cluster = await TestCluster.start();
    path = cluster.scratch.file('run', 'socket');
  });
  afterEach(() => cluster[Symbol.asyncDispose]());

  const both = (): readonly string[] => ['127.0.0.1:0', `unix:${path}`];

  /** Calls the object, and returns the address that the call went to. */
  async function endpointOfCall(): Promise<string | undefined> {
    const client = cluster.client();
    const call = client.proxy<Post>('post').place();
    expect(await call).to.equal('here');
    return call.endpoint;
  }

  async function lookup(): Promise<NameRecord> {
    await using client = cluster.client({ watch: false });
    return await client.proxy<NameServerMethods>(nameServerObject).lookup('post');
  }

  it('is registered by its address, and by its socket for its machine', async () => {
    const server = await cluster.serve({ post: post('here') }, { listen: both() });
    const { endpoints } = await lookup();
    expect(endpoints[0]).to.include({ address: server.address, socket: `unix:${path}`, machine });
    expect(machine).to.match(/^[0-9a-f]{32}$/);
    expect(await endpointOfCall()).to.equal(`unix:${path}`);
  });

  it('is called by its address where nobody listens on the socket any more', async () => {
    const server = await cluster.serve({ post: post('here') }, { listen: both() });
    const other = await cluster.serve({ other: post('there') }, { listen: `unix:${path}.other` });
    rmSync(path);
    renameSync(`${path}.other`, path);
    await other.close();
    expect(await endpointOfCall()).to.equal(server.address);
  });

  it('is called by its address from another machine', async () => {
    const server = await cluster.serve({ post: post('here') }, { listen: both(), machine: 'c0ffee' });
    expect(await endpointOfCall()).to.equal(server.address);
  });

  it('that has nothing else is called there from its own machine alone', async () => {
    const here = await cluster.serve({ post: post('here') }, { listen: `unix:${path}` });
    expect(await endpointOfCall()).to.equal(`unix:${path}`);
    await here.close();
    await cluster.serve({ post: post('there') }, { listen: `unix:${path}`, machine: 'c0ffee' });
    const { code, message } = await refusal(endpointOfCall(), 'ENDPOINT_LOCAL');
    expect(code).to.equal('FAILED_PRECONDITION');
    expect(message).to.match(
      /^"post" is served at unix:.*, a socket file of another machine, .* listen on HOST:PORT too$/,
    );
  });

  it('that somebody else could have put there is not called, nor waited for', async () => {
    await cluster.serve({ post: post('here') }, { listen: `unix:${path}` });
    chmodSync(dirname(path), 0o757);
    const { code, message, details } = await refusal(endpointOfCall(), 'ENDPOINT_UNTRUSTED');
    expect(code).to.equal('PERMISSION_DENIED');
    expect(message).to.match(/^"post" is registered at unix:.* must belong to root or to this user/);
    expect(details).to.include({ name: 'post', address: `unix:${path}` });
    // One that says nothing of its machine is no better.
    await cluster.nameServer.registry.register('forger', `unix:${path}`, [{ name: 'forged' }]);
    const client = cluster.client();
    await refusal(client.proxy<Post>('forged').place(), 'ENDPOINT_UNTRUSTED');
  });

  it('that the name server has from its own machine is called, whoever its user is', async () => {
    await cluster.serve({ post: post('here') }, { listen: `unix:${path}` });
    chmodSync(dirname(path), 0o757);
    const record = await lookup();
    const endpoints = record.endpoints.map((each) => ({ ...each, host: 'local' }));
    const ofHost = endpoints.map((each) => ({ ...each, host: 'host:web1', local: true }));
    for (const each of [endpoints, ofHost]) {
      expect(withOwnSockets({ ...record, endpoints: each }).endpoints).to.deep.equal(each);
    }
    for (const forged of [{ host: 'host:web1' }, { host: undefined }, { machine: undefined }]) {
      const [endpoint] = endpoints.map(({ address, serverId, host, machine: its }) => {
        const whole = { address, serverId, host, machine: its, ...forged };
        return Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined));
      });
      const forgery = { ...record, endpoints: [endpoint as (typeof endpoints)[number]] };
      expect(refusalOf(() => withOwnSockets(forgery)).reason).to.equal('ENDPOINT_UNTRUSTED');
    }
  });

  describe('is dialled', () => {
    let record: NameRecord;

    beforeEach(async () => {
      await cluster.serve({ post: post('here') }, { listen: both() });
      record = await lookup();
    });
    const socketFor = (options = {}): string | undefined =>
      withOwnSockets(record, options).endpoints[0]?.socket;

    it('by whoever may, where nobody else could have put it there', () => {
      expect(socketFor()).to.equal(`unix:${path}`);
      expect(socketFor({ machine: 'c0ffee' })).to.equal(undefined);
    });

    it('no more where others may write to its directory', () => {
      chmodSync(dirname(path), 0o770);
      expect(socketFor()).to.equal(undefined);
      chmodSync(dirname(path), 0o757);
      expect(socketFor()).to.equal(undefined);
    });

    it('no more where others may put another directory, or a link, in the place of one above', () => {
      const { scratch } = cluster;
      const linked = (socket: string): NameRecord => {
        const endpoints = record.endpoints.map((each) => ({ ...each, socket: `unix:${socket}` }));
        return withOwnSockets({ ...record, endpoints });
      };
      symlinkSync(dirname(path), scratch.file('link'));
      const byLink = scratch.file('link/socket');
      expect(linked(byLink).endpoints[0]?.socket).to.equal(`unix:${byLink}`);
      chmodSync(scratch.path, 0o777);
      expect(linked(byLink).endpoints[0]?.socket).to.equal(undefined);
      expect(socketFor()).to.equal(undefined);
      chmodSync(scratch.path, 0o1777);
      expect(socketFor()).to.equal(`unix:${path}`);
      if (process.geteuid?.() === 0) {
        lchownSync(scratch.file('link'), 65_534, 65_534);
        expect(linked(byLink).endpoints[0]?.socket).to.equal(undefined);
        chownSync(scratch.path, 65_534, 65_534);
        expect(socketFor()).to.equal(undefined);
      }
    });

    it('no more where it is gone, or something else', () => {
      rmSync(path);
      expect(socketFor()).to.equal(undefined);
      writeFileSync(path, '');
      expect(socketFor()).to.equal(undefined);
    });

    it('of those servers that share a name and are within reach', () => {
      const far = { address: 'unix:/far', serverId: 'far', machine: 'c0ffee' };
      const shared = { ...record, shared: true, endpoints: [far, ...record.endpoints] };
      expect(withOwnSockets(shared).endpoints).to.deep.equal(record.endpoints);
      expect(refusalOf(() => withOwnSockets({ ...shared, endpoints: [far] })).reason).to.equal(
        'ENDPOINT_LOCAL',
      );
    });
  });
});
