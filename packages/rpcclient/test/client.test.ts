import { expect } from 'chai';

import { eventually, freePort, refusal } from '@patchbay/objects/testing';
import { connect } from '@patchbay/rpcclient';

import { type Post, post, Scene } from './scene.js';

describe('A client', () => {
  it('looks a name up once, and then knows it', async () => {
    await using scene = await Scene.set();
    await scene.serve({ post: post('here') });
    const proxy = scene.client().proxy<Post>('post');
    for (let call = 0; call < 5; call++) {
      expect(await proxy.place()).to.equal('here');
    }
    expect(scene.nameServer.called('lookup')).to.equal(1);
  });

  it('looks a name up once for many calls that begin together', async () => {
    await using scene = await Scene.set();
    await scene.serve({ post: post('here') });
    const proxy = scene.client().proxy<Post>('post');
    await Promise.all(Array.from({ length: 20 }, () => proxy.place()));
    expect(scene.nameServer.called('lookup')).to.equal(1);
  });

  it('dials nothing before the first call', async () => {
    await using scene = await Scene.set();
    await using client = connect({ nameServer: '127.0.0.1:1' });
    expect(client.proxy<Post>('post')).to.be.an('object');
    expect(scene.nameServer.calls.size).to.equal(0);
  });

  it('goes to the new address without a lookup when a server has moved', async () => {
    await using scene = await Scene.set();
    const first = await scene.serve({ post: post('first') }, { id: 'one' });
    const proxy = scene.client().proxy<Post>('post');
    expect(await proxy.place()).to.equal('first');
    await eventually(() => scene.nameServer.called('watch') === 1);
    await scene.serve({ post: post('second') }, { id: 'one' }); // the same identity: it takes over
    await eventually(async () => (await proxy.place()) === 'second');
    expect(scene.nameServer.called('lookup')).to.equal(1);
    expect(first.address).to.not.equal(await scene.nameServer.addressOf('post'));
  });

  it('does not mistake a longer name for the one that it follows', async () => {
    await using scene = await Scene.set();
    await scene.serve({ post: post('short') });
    const proxy = scene.client().proxy<Post>('post');
    await proxy.place();
    await eventually(() => scene.nameServer.called('watch') === 1);
    const longer = await scene.serve({ 'post/office': post('long') });
    await longer[Symbol.asyncDispose]();
    expect(await proxy.place()).to.equal('short');
  });

  it('resolves again when what it knew is dead, before the call fails', async () => {
    await using scene = await Scene.set();
    const first = await scene.serve({ post: post('first') }, { id: 'one' });
    const proxy = scene.client({ watch: false }).proxy<Post>('post');
    expect(await proxy.place()).to.equal('first');
    await first[Symbol.asyncDispose]();
    await scene.serve({ post: post('second') }, { id: 'one' });
    expect(await proxy.place()).to.equal('second');
    expect(scene.nameServer.called('watch')).to.equal(0);
  });

  it('goes elsewhere when a server drains and another has the name', async () => {
    await using scene = await Scene.set();
    const first = await scene.serve({ post: post('first') });
    const proxy = scene.client({ watch: false }).proxy<Post>('post');
    expect(await proxy.place()).to.equal('first');
    const running = proxy.wait(1_500);
    const stopped = first[Symbol.asyncDispose]();
    await scene.serve({ post: post('second') });
    expect(await proxy.place()).to.equal('second');
    expect(await running).to.equal('first');
    await stopped;
  });

  it('says that a name is gone, and what may have been meant', async () => {
    await using scene = await Scene.set();
    const server = await scene.serve({ post: post('here') });
    await scene.serve({ posts: post('there') });
    const proxy = scene.client().proxy<Post>('post');
    await proxy.place();
    await eventually(() => scene.nameServer.called('watch') === 1);
    await server[Symbol.asyncDispose]();
    const error = await refusal(proxy.place());
    expect(`${error.code} ${error.reason}: ${error.message}`).to.equal(
      `NOT_FOUND OBJECT_NOT_FOUND: no object "post" is registered at ${scene.nameServer.address}; did you mean "posts"?`,
    );
  });

  it('finds a name again that was gone, and follows it again', async () => {
    await using scene = await Scene.set();
    const server = await scene.serve({ post: post('first') }, { id: 'one' });
    const proxy = scene.client().proxy<Post>('post');
    await proxy.place();
    await server[Symbol.asyncDispose]();
    await eventually(async () => (await refusal(proxy.place())).reason === 'OBJECT_NOT_FOUND');
    await scene.serve({ post: post('second') }, { id: 'one' });
    expect(await proxy.place()).to.equal('second');
    await eventually(() => scene.nameServer.called('watch') === 2);
    await scene.serve({ post: post('third') }, { id: 'one' });
    await eventually(async () => (await proxy.place()) === 'third');
  });

  it('goes on with what it knows while the name server is away, and follows again when it is back', async () => {
    await using scene = await Scene.set();
    await scene.serve({ post: post('first') }, { id: 'one' });
    const proxy = scene.client().proxy<Post>('post');
    await proxy.place();
    await eventually(() => scene.nameServer.called('watch') === 1);
    await scene.nameServer.stop();
    expect(await proxy.place()).to.equal('first');
    await scene.nameServer.start();
    await eventually(() => scene.nameServer.called('watch') === 2, 20_000);
    await scene.serve({ post: post('second') }, { id: 'one' });
    await eventually(async () => (await proxy.place()) === 'second');
  });

  it('finds a server that restarts where it was while the name server is away', async () => {
    await using scene = await Scene.set();
    const first = await scene.serve({ post: post('first') }, { id: 'one' });
    const proxy = scene.client().proxy<Post>('post');
    await proxy.place();
    await scene.nameServer.stop();
    await first[Symbol.asyncDispose]();
    await scene.start({ post: post('second') }, { id: 'one', listen: first.address });
    expect(await proxy.place()).to.equal('second');
  });

  it('follows a name also when the name server lost its state', async () => {
    await using scene = await Scene.set();
    await scene.nameServer.registry.register('other', '127.0.0.1:1', [{ name: 'old' }]);
    const first = await scene.serve({ post: post('first') }, { id: 'one', leaseMs: 1_000 });
    const proxy = scene.client().proxy<Post>('post');
    await proxy.place();
    await scene.nameServer.stop();
    await scene.nameServer.loseState();
    await scene.nameServer.start();
    await eventually(async () => (await scene.nameServer.addressOf('post')) === first.address);
    await scene.serve({ post: post('second') }, { id: 'one' });
    await eventually(async () => (await proxy.place()) === 'second', 20_000);
  });

  it('follows a name whose registration is older than the history that the name server keeps', async () => {
    await using scene = await Scene.set();
    await scene.serve({ post: post('first') }, { id: 'one' });
    await scene.nameServer.registry.register('other', '127.0.0.1:1', [{ name: 'young' }]);
    await scene.nameServer.stop();
    await scene.nameServer.start({ historyRevisions: 0 });
    const proxy = scene.client().proxy<Post>('post');
    await proxy.place();
    await eventually(() => scene.nameServer.called('watch') === 2, 20_000);
    await scene.serve({ post: post('second') }, { id: 'one' });
    await eventually(async () => (await proxy.place()) === 'second');
    expect(scene.nameServer.called('watch')).to.equal(2);
  });

  it('says that no name server answers, and where it looked for one', async () => {
    await using client = connect({ nameServer: `127.0.0.1:${String(await freePort())}` });
    const error = await refusal(client.proxy<Post>('post').place());
    expect(`${error.code} ${error.reason}: ${error.message}`).to.match(
      /^UNAVAILABLE NAMESERVER_UNAVAILABLE: no name server answers at 127\.0\.0\.1:\d+ \(.*ECONNREFUSED.*\); is it running\?$/,
    );
  });

  it('says so when what answers is no name server', async () => {
    await using scene = await Scene.set();
    const server = await scene.serve({ post: post('here') });
    const error = await refusal(scene.client({ nameServer: server.address }).proxy<Post>('post').place());
    expect(`${error.reason}: ${error.message}`).to.match(
      /^NAMESERVER_UNAVAILABLE: the server at 127\.0\.0\.1:\d+ is not a name server \(/,
    );
  });

  it('counts the lookup into the time of a call', async () => {
    await using scene = await Scene.set();
    await scene.serve({ post: post('here') });
    const held = scene.nameServer.hold('lookup');
    const startedAt = performance.now();
    const error = await refusal(scene.client().proxy<Post>('post', { timeoutMs: 300 }).place());
    expect(error.reason).to.equal('DEADLINE_PASSED');
    expect(performance.now() - startedAt).to.be.within(250, 3_000);
    held.release();
  });

  it('tells the server how much time is left after the lookup', async () => {
    await using scene = await Scene.set();
    await scene.serve({ post: post('here') });
    const error = await refusal(scene.client().proxy<Post>('post').with({ timeoutMs: 300 }).wait(60_000));
    expect(error.reason).to.equal('DEADLINE_PASSED');
  });

  it('calls the name server itself as an object', async () => {
    await using scene = await Scene.set();
    await scene.serve({ post: post('here') });
    expect((await scene.client().describe('nameserver')).methods.map(({ name }) => name)).to.include(
      'lookup',
    );
  });

  it('fails the calls that are under way when it is disposed of, and makes no new connection', async () => {
    await using scene = await Scene.set();
    await scene.serve({ post: post('here') });
    const client = scene.client();
    const proxy = client.proxy<Post>('post');
    await proxy.place();
    const running = refusal(proxy.wait(60_000));
    await client[Symbol.asyncDispose]();
    expect((await running).reason).to.equal('CONNECTION_LOST');
    expect((await refusal(proxy.place())).reason).to.equal('CONNECTION_LOST');
  });

  it('follows nothing whose lookup ends after it was disposed of', async () => {
    await using scene = await Scene.set();
    await scene.serve({ post: post('here') });
    const held = scene.nameServer.hold('lookup');
    const client = scene.client();
    const running = refusal(client.proxy<Post>('post').place());
    await eventually(() => scene.nameServer.called('lookup') === 1);
    await client[Symbol.asyncDispose]();
    held.release();
    expect((await running).reason).to.equal('CONNECTION_LOST');
    expect(scene.nameServer.called('watch')).to.equal(0);
  });
}).timeout(60_000);
