import { expect } from 'chai';

import { eventually, freePort, refusal } from '@patchbay/objects/testing';
import type { RpcServer } from '@patchbay/rpcserver';
import type { RemoteObject } from '@patchbay/session/client';

import { type Post, post, TestCluster } from './cluster.js';

const shared = ['post'];

/** Calls that many times, one after another, and counts the results by place. */
async function count(proxy: RemoteObject<Post>, calls: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let call = 0; call < calls; call += 1) {
    const place = await proxy.place();
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return counts;
}

async function serve(cluster: TestCluster, place: string): Promise<RpcServer> {
  return cluster.serve({ post: post(place) }, { id: place, shared });
}

describe('A name that several servers share', () => {
  it('is called in turn, even by calls that begin together', async () => {
    await using cluster = await TestCluster.start();
    for (const place of ['a', 'b', 'c']) {
      await serve(cluster, place);
    }
    const proxy = cluster.client().proxy<Post>('post');
    const places = await Promise.all(Array.from({ length: 9 }, () => proxy.place()));
    expect(places.sort().join('')).to.equal('aaabbbccc');
    expect(await count(proxy, 9)).to.deep.equal({ a: 3, b: 3, c: 3 });
    expect(cluster.nameServer.called('lookup')).to.equal(1);
  });

  it('has the server of each call as its endpoint', async () => {
    await using cluster = await TestCluster.start();
    const servers = { a: await serve(cluster, 'a'), b: await serve(cluster, 'b') };
    const proxy = cluster.client().proxy<Post>('post');
    for (let calls = 0; calls < 4; calls += 1) {
      const call = proxy.place();
      const place = (await call) as 'a' | 'b';
      expect(call.endpoint).to.equal(servers[place].address);
    }
    const unknown = cluster.client().proxy<Post>('unknown').place();
    await refusal(unknown);
    expect(unknown.endpoint).to.equal(undefined);
  });

  it('follows servers that join and leave, without a lookup', async () => {
    await using cluster = await TestCluster.start();
    const first = await serve(cluster, 'a');
    const proxy = cluster.client().proxy<Post>('post');
    await proxy.place();
    await eventually(() => cluster.nameServer.called('watch') === 1);
    await serve(cluster, 'b');
    await eventually(async () => Object.keys(await count(proxy, 2)).length === 2);
    await first[Symbol.asyncDispose]();
    await eventually(async () => (await count(proxy, 2)).b === 2);
    await serve(cluster, 'c');
    await eventually(async () => Object.keys(await count(proxy, 2)).join('') !== 'b');
    expect(await count(proxy, 4)).to.deep.equal({ b: 2, c: 2 });
    expect(cluster.nameServer.called('lookup')).to.equal(1);
  });

  it('does not fail a call whose server is gone, and tries the others at once', async () => {
    await using cluster = await TestCluster.start();
    await serve(cluster, 'a');
    for (const id of ['dead-1', 'dead-2', 'dead-3', 'dead-4']) {
      const address = `127.0.0.1:${String(await freePort())}`;
      await cluster.nameServer.registry.register(id, address, [{ name: 'post', shared: true }]);
    }
    const proxy = cluster.client({ watch: false }).proxy<Post>('post');
    const startedAt = performance.now();
    const places = await Promise.all(Array.from({ length: 20 }, () => proxy.place()));
    expect(new Set(places)).to.deep.equal(new Set(['a']));
    expect(performance.now() - startedAt).to.be.below(2_000);
    expect(cluster.nameServer.called('lookup')).to.equal(1);
  });

  it('skips a server that drains', async () => {
    await using cluster = await TestCluster.start();
    const draining = await serve(cluster, 'a');
    await serve(cluster, 'b');
    const proxy = cluster.client({ watch: false }).proxy<Post>('post');
    expect(await count(proxy, 2)).to.deep.equal({ a: 1, b: 1 });
    const running = Promise.all([proxy.wait(1_000), proxy.wait(1_000)]);
    const stopped = draining[Symbol.asyncDispose]();
    await eventually(async () => (await count(proxy, 4)).b === 4);
    expect((await running).sort()).to.deep.equal(['a', 'b']);
    await stopped;
  });

  it('is looked up again when none of its servers is reachable', async () => {
    await using cluster = await TestCluster.start();
    const servers = [await serve(cluster, 'a'), await serve(cluster, 'b')];
    const proxy = cluster.client({ watch: false }).proxy<Post>('post');
    await count(proxy, 2);
    for (const server of servers) {
      await server[Symbol.asyncDispose]();
    }
    await serve(cluster, 'c');
    expect(await count(proxy, 3)).to.deep.equal({ c: 3 });
    expect(cluster.nameServer.called('lookup')).to.equal(2);
  });

  it('is called at its known servers while the name server is away', async () => {
    await using cluster = await TestCluster.start();
    const first = await serve(cluster, 'a');
    await serve(cluster, 'b');
    const proxy = cluster.client().proxy<Post>('post');
    await count(proxy, 2);
    await cluster.nameServer.stop();
    await first[Symbol.asyncDispose]();
    expect(await count(proxy, 4)).to.deep.equal({ b: 4 });
  });

  it('moves to the server that replaces the others', async () => {
    await using cluster = await TestCluster.start();
    await serve(cluster, 'a');
    await serve(cluster, 'b');
    const proxy = cluster.client().proxy<Post>('post');
    await count(proxy, 2);
    await eventually(() => cluster.nameServer.called('watch') === 1);
    await cluster.serve({ post: post('alone') }, { replace: true });
    await eventually(async () => (await count(proxy, 2)).alone === 2);
  });
}).timeout(60_000);
