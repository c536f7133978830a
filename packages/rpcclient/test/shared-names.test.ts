import { expect } from 'chai';

import { eventually, freePort, refusal } from '@patchbay/objects/testing';
import { type RpcServer } from '@patchbay/rpcserver';
import { type RemoteObject } from '@patchbay/session/client';

import { type Post, post, Scene } from './scene.js';

const shared = ['post'];

/** Calls so many times, one after the other, and counts the answers by the place that they came from. */
async function count(proxy: RemoteObject<Post>, calls: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let call = 0; call < calls; call += 1) {
    const place = await proxy.place();
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return counts;
}

async function serve(scene: Scene, place: string): Promise<RpcServer> {
  return scene.serve({ post: post(place) }, { id: place, shared });
}

describe('A name that several servers share', () => {
  it('is called in turn, also by calls that begin together', async () => {
    await using scene = await Scene.set();
    for (const place of ['a', 'b', 'c']) {
      await serve(scene, place);
    }
    const proxy = scene.client().proxy<Post>('post');
    const places = await Promise.all(Array.from({ length: 9 }, () => proxy.place()));
    expect(places.sort().join('')).to.equal('aaabbbccc');
    expect(await count(proxy, 9)).to.deep.equal({ a: 3, b: 3, c: 3 });
    expect(scene.nameServer.called('lookup')).to.equal(1);
  });

  it('tells of each call which server it went to', async () => {
    await using scene = await Scene.set();
    const servers = { a: await serve(scene, 'a'), b: await serve(scene, 'b') };
    const proxy = scene.client().proxy<Post>('post');
    for (let calls = 0; calls < 4; calls += 1) {
      const call = proxy.place();
      const place = (await call) as 'a' | 'b';
      expect(call.endpoint).to.equal(servers[place].address);
    }
    const unknown = scene.client().proxy<Post>('unknown').place();
    await refusal(unknown);
    expect(unknown.endpoint).to.equal(undefined);
  });

  it('is called where servers come and no longer where they went, without a lookup', async () => {
    await using scene = await Scene.set();
    const first = await serve(scene, 'a');
    const proxy = scene.client().proxy<Post>('post');
    await proxy.place();
    await eventually(() => scene.nameServer.called('watch') === 1);
    await serve(scene, 'b');
    await eventually(async () => Object.keys(await count(proxy, 2)).length === 2);
    await first[Symbol.asyncDispose]();
    await eventually(async () => (await count(proxy, 2)).b === 2);
    await serve(scene, 'c');
    await eventually(async () => Object.keys(await count(proxy, 2)).join('') !== 'b');
    expect(await count(proxy, 4)).to.deep.equal({ b: 2, c: 2 });
    expect(scene.nameServer.called('lookup')).to.equal(1);
  });

  it('does not fail a call that finds a server gone, and goes to the others at once', async () => {
    await using scene = await Scene.set();
    await serve(scene, 'a');
    for (const id of ['dead-1', 'dead-2', 'dead-3', 'dead-4']) {
      const address = `127.0.0.1:${String(await freePort())}`;
      await scene.nameServer.registry.register(id, address, [{ name: 'post', shared: true }]);
    }
    const proxy = scene.client({ watch: false }).proxy<Post>('post');
    const startedAt = performance.now();
    const places = await Promise.all(Array.from({ length: 20 }, () => proxy.place()));
    expect(new Set(places)).to.deep.equal(new Set(['a']));
    expect(performance.now() - startedAt).to.be.below(2_000);
    expect(scene.nameServer.called('lookup')).to.equal(1);
  });

  it('leaves a server out that drains', async () => {
    await using scene = await Scene.set();
    const draining = await serve(scene, 'a');
    await serve(scene, 'b');
    const proxy = scene.client({ watch: false }).proxy<Post>('post');
    expect(await count(proxy, 2)).to.deep.equal({ a: 1, b: 1 });
    const running = Promise.all([proxy.wait(1_000), proxy.wait(1_000)]);
    const stopped = draining[Symbol.asyncDispose]();
    await eventually(async () => (await count(proxy, 4)).b === 4);
    expect((await running).sort()).to.deep.equal(['a', 'b']);
    await stopped;
  });

  it('is looked up again when none of its servers can be reached', async () => {
    await using scene = await Scene.set();
    const servers = [await serve(scene, 'a'), await serve(scene, 'b')];
    const proxy = scene.client({ watch: false }).proxy<Post>('post');
    await count(proxy, 2);
    for (const server of servers) {
      await server[Symbol.asyncDispose]();
    }
    await serve(scene, 'c');
    expect(await count(proxy, 3)).to.deep.equal({ c: 3 });
    expect(scene.nameServer.called('lookup')).to.equal(2);
  });

  it('is called as far as it is known while the name server is away', async () => {
    await using scene = await Scene.set();
    const first = await serve(scene, 'a');
    await serve(scene, 'b');
    const proxy = scene.client().proxy<Post>('post');
    await count(proxy, 2);
    await scene.nameServer.stop();
    await first[Symbol.asyncDispose]();
    expect(await count(proxy, 4)).to.deep.equal({ b: 4 });
  });

  it('goes over to the server that takes it for itself', async () => {
    await using scene = await Scene.set();
    await serve(scene, 'a');
    await serve(scene, 'b');
    const proxy = scene.client().proxy<Post>('post');
    await count(proxy, 2);
    await eventually(() => scene.nameServer.called('watch') === 1);
    await scene.serve({ post: post('alone') }, { replace: true });
    await eventually(async () => (await count(proxy, 2)).alone === 2);
  });
}).timeout(60_000);
