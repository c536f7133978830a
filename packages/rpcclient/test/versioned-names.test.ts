import { expect } from 'chai';

import { eventually, refusal } from '@patchbay/objects/testing';

import { type Post, post, TestCluster } from './cluster.js';

describe('A versioned name', () => {
  it('is called by its bare name, and its version by its own', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve({ 'post/v1': post('one'), 'post/v2': post('two') });
    const client = cluster.client();
    expect(await client.proxy<Post>('post').place()).to.equal('two');
    expect(await client.proxy<Post>('post/v1').place()).to.equal('one');
    expect((await client.describe('post')).name).to.equal('post/v2');
  });

  it('that is not registered is refused with a list of those that are', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve({ 'post/v1': post('one'), 'post/v2': post('two') });
    const error = await refusal(cluster.client().proxy<Post>('post/v3').place());
    expect(`${error.code}: ${error.message}`).to.equal(
      `NOT_FOUND: no object "post/v3" is registered at ${cluster.nameServer.address}; there are post/v2, post/v1`,
    );
  });

  it('resolves by its bare name to the newest, as versions come and go', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve({ 'post/v2': post('two') });
    const bare = cluster.client().proxy<Post>('post');
    expect(await bare.place()).to.equal('two');
    await eventually(() => cluster.nameServer.called('watch') === 1);
    await cluster.serve({ 'post/v1': post('one'), 'post/office': post('office') });
    const newest = await cluster.serve({ 'post/v10': post('ten') });
    await eventually(async () => (await bare.place()) === 'ten');
    await newest[Symbol.asyncDispose]();
    await eventually(async () => (await bare.place()) === 'two');
    const exact = await cluster.serve({ post: post('exact') });
    await eventually(async () => (await bare.place()) === 'exact');
    await exact[Symbol.asyncDispose]();
    await eventually(async () => (await bare.place()) === 'two');
  });

  it('needs no lookup for a call after a newer version came and went', async () => {
    await using cluster = await TestCluster.start();
    await cluster.serve({ 'post/v1': post('one') });
    const newer = await cluster.serve({ 'post/v2': post('two') });
    await newer[Symbol.asyncDispose]();
    const bare = cluster.client().proxy<Post>('post');
    await bare.place();
    await eventually(() => cluster.nameServer.called('lookup') === 2); // the event of the newer one is asked about
    for (let calls = 0; calls < 10; calls += 1) {
      expect(await bare.place()).to.equal('one');
    }
    expect(cluster.nameServer.called('lookup')).to.equal(2);
  });
}).timeout(60_000);
