import { expect } from 'chai';
import { z } from 'zod';

import { coreError, type SignaturesOf } from '@patchbay/objects';
import { arg, defineObject, method } from '@patchbay/objects/define';
import { eventually, freePort, refusal } from '@patchbay/objects/testing';
import type { FanOutResult } from '@patchbay/rpcclient';

import { type Post, post, TestCluster } from './cluster.js';

/** An object whose method returns its name, or fails if told to. */
function teller(name: string, running: { now: number; most: number }) {
  return defineObject({
    summary: 'Returns its name',
    methods: {
      tell: method({
        summary: 'Return the name',
        args: [arg('failing', z.string().default(''), 'the name of the one that fails')],
        returns: z.string(),
        run: async (failing) => {
          running.most = Math.max(running.most, ++running.now);
          await new Promise(setImmediate);
          running.now--;
          if (name === failing) {
            throw coreError('NAME_INVALID', `${name} fails`);
          }
          return name;
        },
      }),
    },
  });
}
type Teller = SignaturesOf<ReturnType<typeof teller>>;

const tellers = (names: readonly string[], running = { now: 0, most: 0 }) =>
  Object.fromEntries(names.map((name) => [name, teller(name, running)]));

const toldBy = (results: readonly FanOutResult<string>[]): unknown[] =>
  results.map((each) => (each.status === 'fulfilled' ? each.value : each.reason.reason));

describe('A call of all objects that match', () => {
  it('returns the result of each, ordered by name, with its endpoint', async () => {
    await using cluster = await TestCluster.start();
    const one = await cluster.serve(tellers(['disk.c', 'disk.a', 'disks', 'disk.b/x']));
    const other = await cluster.serve(tellers(['disk.b']));
    const results = await cluster.client().all<Teller>('disk.*').tell('disk.a');
    expect(results.map(({ name, endpoint, status }) => [name, endpoint, status])).to.deep.equal([
      ['disk.a', one.address, 'rejected'],
      ['disk.b', other.address, 'fulfilled'],
      ['disk.c', one.address, 'fulfilled'],
    ]);
    expect(toldBy(results)).to.deep.equal(['NAME_INVALID', 'disk.b', 'disk.c']);
  });

  it('needs no lookup besides the list', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve(tellers(['disk.a', 'disk.b']));
    await cluster.client().all<Teller>('disk.*').tell();
    expect(cluster.nameServer.called('lookup')).to.equal(0);
    expect(cluster.nameServer.called('list')).to.equal(1);
  });

  it('selects by metadata too', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve(tellers(['a', 'b', 'c']));
    const client = cluster.client();
    await client.call('nameserver', 'set_metadata', ['a', { rack: '7' }]);
    await client.call('nameserver', 'set_metadata', ['c', { rack: '7' }]);
    expect(toldBy(await client.all<Teller>({ meta: ['rack=7'] }).tell())).to.deep.equal(['a', 'c']);
    expect(toldBy(await client.all<Teller>({ meta: ['rack=7'], glob: 'c' }).tell())).to.deep.equal(['c']);
  });

  it('yields results as they arrive, and cancels the rest when the loop ends', async () => {
    await using cluster = await TestCluster.start();
    const slow = post('slow');
    await cluster.serve({ 'post.a': slow, 'post.b': post('quick') });
    const client = cluster.client();
    const call = client.all<Post>('post.*').wait(60_000);
    call.cancel();
    await refusal(call, 'CALL_CANCELLED').catch(() => undefined);
    const seen: string[] = [];
    for await (const { name, status } of client.all<Post>('post.*').place()) {
      seen.push(`${name} ${status}`);
      if (seen.length === 1) break;
    }
    expect(seen).to.have.length(1);
    const all: string[] = [];
    for await (const { name } of client.all<Post>('post.*').place()) {
      all.push(name);
    }
    expect(all.sort()).to.deep.equal(['post.a', 'post.b']);
  });

  it('reaches more names than the name server returns in one page, so many at once', async () => {
    await using cluster = await TestCluster.start();
    const running = { now: 0, most: 0 };
    const names = Array.from({ length: 1_200 }, (_, index) => `many.${String(index).padStart(4, '0')}`);
    await cluster.serve(tellers(names, running));
    const client = cluster.client();
    expect(toldBy(await client.all<Teller>('many.*').tell())).to.deep.equal(names);
    expect(running.most).to.be.within(2, 64);
    running.most = 0;
    await client.all<Teller>('many.00*', { concurrency: 3 }).tell();
    expect(running.most).to.be.within(2, 3);
  });

  it('ends at one time limit, with the results until then', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve({ 'post.a': post('a'), 'post.b': post('b') });
    const results = await cluster.client().all<Post>('post.*', { timeoutMs: 500, concurrency: 1 }).wait(400);
    expect(results.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected']);
    expect(results[1]?.status === 'rejected' && results[1].reason.reason).to.equal('DEADLINE_PASSED');
  });

  it('is cancelled by its signal', async () => {
    await using cluster = await TestCluster.start();
    const server = await cluster.serve({ 'post.a': post('a') });
    const abort = new AbortController();
    const call = cluster.client().all<Post>('post.*', { signal: abort.signal }).wait(60_000);
    await eventually(() => server.registered && cluster.nameServer.called('list') === 1);
    abort.abort();
    const outcome = await call.then(
      ([result]) => result?.status === 'rejected' && result.reason.reason,
      (error: unknown) => (error as { reason: string }).reason,
    );
    expect(outcome).to.equal('CALL_CANCELLED');
  });

  it('of no object returns no results, or an error if that is asked for', async () => {
    await using cluster = await TestCluster.start();
    const client = cluster.client();
    expect(await client.all<Teller>('none.*').tell()).to.deep.equal([]);
    const error = await refusal(client.all<Teller>('none.*', { requireMatch: true }).tell());
    expect(error.reason).to.equal('OBJECT_NOT_FOUND');
  });

  it('rejects a filter that is not valid', async () => {
    await using cluster = await TestCluster.start();
    const client = cluster.client();
    await refusal(client.all<Teller>('no such name!*').tell(), 'PATTERN_INVALID');
    await refusal(client.all<Teller>('*', { concurrency: 0 }).tell(), 'ARGUMENT_INVALID');
    await refusal(client.all<Teller>('*', { timeoutMs: -1 }).tell(), 'ARGUMENT_INVALID');
    const away = cluster.client({ nameServer: `127.0.0.1:${String(await freePort())}` });
    await refusal(away.all<Teller>('*').tell(), 'NAMESERVER_UNAVAILABLE');
    const items: unknown[] = [];
    const reading = (async () => {
      for await (const item of client.all<Teller>('no such name!*').tell()) items.push(item);
    })();
    await refusal(reading, 'PATTERN_INVALID');
  });
}).timeout(60_000);
