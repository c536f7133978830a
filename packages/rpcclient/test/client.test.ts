import { expect } from 'chai';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

import { eventually, freePort, refusal } from '@patchbay/objects/testing';
import { connect } from '@patchbay/rpcclient';

import { type Post, post, TestCluster } from './cluster.js';

describe('A client', () => {
  it('looks a name up once, and then uses the known address', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve({ post: post('here') });
    const proxy = cluster.client().proxy<Post>('post');
    for (let call = 0; call < 5; call++) {
      expect(await proxy.place()).to.equal('here');
    }
    expect(cluster.nameServer.called('lookup')).to.equal(1);
  });

  it('looks a name up once for many calls that begin together', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve({ post: post('here') });
    const proxy = cluster.client().proxy<Post>('post');
    await Promise.all(Array.from({ length: 20 }, () => proxy.place()));
    expect(cluster.nameServer.called('lookup')).to.equal(1);
  });

  it('connects on the first call, not before', async () => {
    await using cluster = await TestCluster.start();
    await using client = connect({ nameServer: '127.0.0.1:1', insecure: true });
    expect(client.proxy<Post>('post')).to.be.an('object');
    expect(cluster.nameServer.calls.size).to.equal(0);
  });

  it('goes to the new address without a lookup when a server has moved', async () => {
    await using cluster = await TestCluster.start();
    const first = await cluster.serve({ post: post('first') }, { id: 'one' });
    const proxy = cluster.client().proxy<Post>('post');
    expect(await proxy.place()).to.equal('first');
    await eventually(() => cluster.nameServer.called('watch') === 1);
    await cluster.serve({ post: post('second') }, { id: 'one' }); // the same identity: it takes over
    await eventually(async () => (await proxy.place()) === 'second');
    expect(cluster.nameServer.called('lookup')).to.equal(1);
    expect(first.address).to.not.equal(await cluster.nameServer.addressOf('post'));
  });

  it('does not mistake a longer name for the one that it watches', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve({ post: post('short') });
    const proxy = cluster.client().proxy<Post>('post');
    await proxy.place();
    await eventually(() => cluster.nameServer.called('watch') === 1);
    const longer = await cluster.serve({ 'post/office': post('long') });
    await longer[Symbol.asyncDispose]();
    expect(await proxy.place()).to.equal('short');
  });

  it('resolves a name again before the call fails when the known address is dead', async () => {
    await using cluster = await TestCluster.start();
    const first = await cluster.serve({ post: post('first') }, { id: 'one' });
    const proxy = cluster.client({ watch: false }).proxy<Post>('post');
    expect(await proxy.place()).to.equal('first');
    await first[Symbol.asyncDispose]();
    await cluster.serve({ post: post('second') }, { id: 'one' });
    expect(await proxy.place()).to.equal('second');
    expect(cluster.nameServer.called('watch')).to.equal(0);
  });

  it('calls another server of the name when one drains', async () => {
    await using cluster = await TestCluster.start();
    const first = await cluster.serve({ post: post('first') });
    const proxy = cluster.client({ watch: false }).proxy<Post>('post');
    expect(await proxy.place()).to.equal('first');
    const running = proxy.wait(1_500);
    const stopped = first[Symbol.asyncDispose]();
    await cluster.serve({ post: post('second') });
    expect(await proxy.place()).to.equal('second');
    expect(await running).to.equal('first');
    await stopped;
  });

  it('reports that a name is gone, and suggests a similar one', async () => {
    await using cluster = await TestCluster.start();
    const server = await cluster.serve({ post: post('here') });
    await cluster.serve({ posts: post('there') });
    const proxy = cluster.client().proxy<Post>('post');
    await proxy.place();
    await eventually(() => cluster.nameServer.called('watch') === 1);
    await server[Symbol.asyncDispose]();
    const error = await refusal(proxy.place());
    expect(`${error.code} ${error.reason}: ${error.message}`).to.equal(
      `NOT_FOUND OBJECT_NOT_FOUND: no object "post" is registered at ${cluster.nameServer.address}; did you mean "posts"?`,
    );
  });

  it('finds a name again that was gone, and watches it anew', async () => {
    await using cluster = await TestCluster.start();
    const server = await cluster.serve({ post: post('first') }, { id: 'one' });
    const proxy = cluster.client().proxy<Post>('post');
    await proxy.place();
    await server[Symbol.asyncDispose]();
    await eventually(async () => (await refusal(proxy.place())).reason === 'OBJECT_NOT_FOUND');
    await cluster.serve({ post: post('second') }, { id: 'one' });
    expect(await proxy.place()).to.equal('second');
    await eventually(() => cluster.nameServer.called('watch') === 2);
    await cluster.serve({ post: post('third') }, { id: 'one' });
    await eventually(async () => (await proxy.place()) === 'third');
  });

  it('keeps using known addresses while the name server is away, and watches again when it is back', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve({ post: post('first') }, { id: 'one' });
    const proxy = cluster.client().proxy<Post>('post');
    await proxy.place();
    await eventually(() => cluster.nameServer.called('watch') === 1);
    await cluster.nameServer.stop();
    expect(await proxy.place()).to.equal('first');
    await cluster.nameServer.start();
    await eventually(() => cluster.nameServer.called('watch') === 2, 20_000);
    await cluster.serve({ post: post('second') }, { id: 'one' });
    await eventually(async () => (await proxy.place()) === 'second');
  });

  it('reaches a server that restarts at its address while the name server is away', async () => {
    await using cluster = await TestCluster.start();
    const first = await cluster.serve({ post: post('first') }, { id: 'one' });
    const proxy = cluster.client().proxy<Post>('post');
    await proxy.place();
    await cluster.nameServer.stop();
    await first[Symbol.asyncDispose]();
    await cluster.start({ post: post('second') }, { id: 'one', listen: first.address });
    expect(await proxy.place()).to.equal('second');
  });

  it('keeps watching a name after the name server lost its state', async () => {
    await using cluster = await TestCluster.start();
    await cluster.nameServer.registry.register('other', '127.0.0.1:1', [{ name: 'old' }]);
    const first = await cluster.serve({ post: post('first') }, { id: 'one', leaseMs: 1_000 });
    const proxy = cluster.client().proxy<Post>('post');
    await proxy.place();
    await cluster.nameServer.stop();
    await cluster.nameServer.loseState();
    await cluster.nameServer.start();
    await eventually(async () => (await cluster.nameServer.addressOf('post')) === first.address);
    await cluster.serve({ post: post('second') }, { id: 'one' });
    await eventually(async () => (await proxy.place()) === 'second', 20_000);
  });

  it('watches a name whose registration is older than the history that the name server keeps', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve({ post: post('first') }, { id: 'one' });
    await cluster.nameServer.registry.register('other', '127.0.0.1:1', [{ name: 'young' }]);
    await cluster.nameServer.stop();
    await cluster.nameServer.start({ historyRevisions: 0 });
    const proxy = cluster.client().proxy<Post>('post');
    await proxy.place();
    await eventually(() => cluster.nameServer.called('watch') === 2, 20_000);
    await cluster.serve({ post: post('second') }, { id: 'one' });
    await eventually(async () => (await proxy.place()) === 'second');
    expect(cluster.nameServer.called('watch')).to.equal(2);
  });

  it('reports that no name server answers, and at which address', async () => {
    await using client = connect({ nameServer: `127.0.0.1:${String(await freePort())}`, insecure: true });
    const error = await refusal(client.proxy<Post>('post').place());
    expect(`${error.code} ${error.reason}: ${error.message}`).to.match(
      /^UNAVAILABLE NAMESERVER_UNAVAILABLE: no name server answers at 127\.0\.0\.1:\d+ \(.*connection refused.*\); is it running\?$/,
    );
  });

  it('reports who registered an address at which nobody answers, and where', async () => {
    await using cluster = await TestCluster.start();
    const address = `127.0.0.1:${String(await freePort())}`;
    await cluster.nameServer.registry.register('web1', address, [{ name: 'post' }]);
    const error = await refusal(cluster.client().proxy<Post>('post').place(), 'CONNECTION_LOST');
    const nameServer = cluster.nameServer.address;
    expect(error.message).to.equal(
      `no connection to ${address}: connection refused; the name server at ${nameServer} has "post" ` +
        `registered by server "web1" as ${address}; is that server running?`,
    );
    expect(error.details).to.deep.include({ object: 'post', address, serverId: 'web1', nameServer });
    const undescribed = await refusal(cluster.client().describe('post'), 'CONNECTION_LOST');
    expect(undescribed.message).to.include(`has "post" registered by server "web1" as ${address}`);
  });

  for (const [who, message] of [
    ['name server', /^post\.place could not be sent in time: the name server at ADDRESS has not answered/],
    ['server', /^post\.place could not be sent in time: ADDRESS has not accepted a session$/],
  ] as const) {
    it(`tells a ${who} that does not answer from a method that does not`, async () => {
      const silent = createServer().listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const address = `127.0.0.1:${String((silent.address() as AddressInfo).port)}`;
      await using cluster = await TestCluster.start();
      await cluster.nameServer.registry.register('web1', address, [{ name: 'post' }]);
      const nameServer = who === 'server' ? cluster.nameServer.address : address;
      const post = cluster.client({ nameServer }).proxy<Post>('post', { timeoutMs: 300 });
      const error = await refusal(post.place(), 'DEADLINE_PASSED');
      expect(error.message.replace(address, 'ADDRESS')).to.match(message);
      silent.close();
    });
  }

  for (const nameServer of [
    '',
    '127.0.0.1',
    'http://127.0.0.1:7440',
    '::1:7440',
    ' ',
    'ns1:0',
    'ns1:65536',
  ]) {
    it(`refuses ${JSON.stringify(nameServer)} as a name server at once`, () => {
      expect(() => connect({ nameServer }))
        .to.throw(`address ${JSON.stringify(nameServer)}: must be host:port`)
        .with.property('reason', 'CONFIG_INVALID');
    });
  }

  it('reports when what answers is no name server', async () => {
    await using cluster = await TestCluster.start();
    const server = await cluster.serve({ post: post('here') });
    const error = await refusal(cluster.client({ nameServer: server.address }).proxy<Post>('post').place());
    expect(`${error.reason}: ${error.message}`).to.match(
      /^NAMESERVER_UNAVAILABLE: the server at 127\.0\.0\.1:\d+ is not a name server \(/,
    );
  });

  it('counts the lookup towards the time limit of a call', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve({ post: post('here') });
    const held = cluster.nameServer.hold('lookup');
    const startedAt = performance.now();
    const error = await refusal(cluster.client().proxy<Post>('post', { timeoutMs: 300 }).place());
    expect(error.reason).to.equal('DEADLINE_PASSED');
    expect(error.message).to.include(`the name server at ${cluster.nameServer.address} has not answered`);
    expect(performance.now() - startedAt).to.be.within(250, 3_000);
    held.release();
  });

  it('sends the server the time that is left after the lookup', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve({ post: post('here') });
    const error = await refusal(cluster.client().proxy<Post>('post').with({ timeoutMs: 300 }).wait(60_000));
    expect(error.reason).to.equal('DEADLINE_PASSED');
    expect(error.message).to.match(/^post\.wait did not finish within \d+ms, the time limit of its caller; /);
  });

  it('calls the name server itself as an object', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve({ post: post('here') });
    expect((await cluster.client().describe('nameserver')).methods.map(({ name }) => name)).to.include(
      'lookup',
    );
  });

  it('fails the calls in flight when it is closed, and opens no new connection', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve({ post: post('here') });
    const client = cluster.client();
    const proxy = client.proxy<Post>('post');
    await proxy.place();
    const running = refusal(proxy.wait(60_000));
    await client[Symbol.asyncDispose]();
    expect((await running).reason).to.equal('CONNECTION_LOST');
    expect((await refusal(proxy.place())).reason).to.equal('CONNECTION_LOST');
  });

  it('can be closed more than once', async () => {
    await using cluster = await TestCluster.start();
    const client = cluster.client();
    await client.close();
    await client.close();
    await client[Symbol.asyncDispose]();
  });

  it('watches no name whose lookup ends after it was closed', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve({ post: post('here') });
    const held = cluster.nameServer.hold('lookup');
    const client = cluster.client();
    const running = refusal(client.proxy<Post>('post').place());
    await eventually(() => cluster.nameServer.called('lookup') === 1);
    await client[Symbol.asyncDispose]();
    held.release();
    expect((await running).reason).to.equal('CONNECTION_LOST');
    expect(cluster.nameServer.called('watch')).to.equal(0);
  });
}).timeout(60_000);
