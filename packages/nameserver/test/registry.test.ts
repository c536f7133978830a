import { expect } from 'chai';

import { nameEvent } from '@patchbay/objects/define';
import { refusal } from '@patchbay/objects/testing';

import { claims, OpenedRegistry } from './opened-registry.js';

describe('looking a name up', () => {
  it('says that a name is not there', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'storage');
    const error = await refusal(opened.registry.lookup('storrage'), 'OBJECT_NOT_FOUND');
    expect(error.message).to.equal('no object "storrage" is registered; did you mean "storage"?');
  });

  it('suggests nothing where nothing is near', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'storage');
    const error = await refusal(opened.registry.lookup('printer'), 'OBJECT_NOT_FOUND');
    expect(error.message).to.equal('no object "printer" is registered');
  });

  it('knows upper from lower case', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'Storage');
    await refusal(opened.registry.lookup('storage'), 'OBJECT_NOT_FOUND');
    await opened.register('s2', 'storage');
    expect(await opened.names()).to.deep.equal(['Storage', 'storage']);
  });
}).timeout(60_000);

describe('listing', () => {
  for (const [prefix, wanted] of [
    ['', ['a-b', 'a.b', 'aXb', 'a_b', 'b/c']],
    ['a_', ['a_b']],
    ['a.', ['a.b']],
    ['A', []],
    ['%', []],
    ['_', []],
    ['.*', []],
    ['(x+x+)+y', []],
    ['b/', ['b/c']],
    ['\u{10ffff}', []],
  ] as const) {
    it(`takes the prefix "${encodeURI(prefix)}" literally`, async () => {
      await using opened = await OpenedRegistry.open();
      await opened.register('s1', 'a_b', 'aXb', 'a-b', 'a.b', 'b/c');
      expect(await opened.names(prefix)).to.deep.equal(wanted);
    });
  }

  it('gives pages that together are all names once, in order', async () => {
    await using opened = await OpenedRegistry.open();
    const all = Array.from({ length: 25 }, (_, i) => `n${String(i).padStart(2, '0')}`);
    await opened.register('s1', ...[...all].reverse());
    await opened.register('s2', 'other');
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await opened.registry.list({ prefix: 'n', after, limit: 10 });
      expect(page.names.length).to.be.at.most(10);
      seen.push(...page.names.map(({ name }) => name));
      after = page.next;
    } while (after !== undefined);
    expect(seen).to.deep.equal(all);
  });

  it('gives 100 names when it is not told how many', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.registerMany('s1', claims(...Array.from({ length: 101 }, (_, i) => `n${String(i)}`)));
    expect((await opened.registry.list()).names).to.have.lengthOf(100);
  });

  for (const limit of [0, -1, 1001, 1.5]) {
    it(`refuses a page of ${String(limit)} names`, async () => {
      await using opened = await OpenedRegistry.open();
      await refusal(opened.registry.list({ limit }), 'LIMIT_OUT_OF_RANGE');
    });
  }
}).timeout(60_000);

describe('removing', () => {
  it('removes a name from whoever holds it, and says whether it was there', async () => {
    await using opened = await OpenedRegistry.open();
    const leaseId = await opened.register('s1', 'a', 'b');
    expect(await opened.registry.remove('a')).to.be.true;
    expect(await opened.registry.remove('a')).to.be.false;
    expect(await opened.names()).to.deep.equal(['b']);
    await opened.registry.keepAlive(leaseId);
  });
}).timeout(60_000);

describe('metadata', () => {
  it('is set and removed word by word', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.registry.register('s1', 'a:1', [{ name: 'a', metadata: { rack: '7', row: 'c' } }]);
    await opened.clock.advance(1000);
    const record = await opened.registry.setMetadata('a', { rack: null, disk: 'ssd', none: null });
    expect(record.metadata).to.deep.equal({ row: 'c', disk: 'ssd' });
    expect(record.revision).to.equal(3);
    expect(await opened.registry.lookup('a')).to.deep.equal(record);
  });

  it('keeps all of the changes that are made at once', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'a');
    const words = Array.from({ length: 10 }, (_, i) => `w${String(i)}`);
    await Promise.all(words.map((word) => opened.registry.setMetadata('a', { [word]: word })));
    expect(Object.keys((await opened.registry.lookup('a')).metadata)).to.have.members(words);
  });

  it('goes with the name, and does not make its lease longer', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'a');
    await opened.clock.advance(9999);
    await opened.registry.setMetadata('a', { x: 'y' });
    await opened.clock.advance(1);
    await refusal(opened.registry.setMetadata('a', { x: 'z' }), 'OBJECT_NOT_FOUND');
    await opened.register('s1', 'a');
    expect((await opened.registry.lookup('a')).metadata).to.be.empty;
  });

  it('is refused beyond 64 words', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'a');
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`w${String(i)}`, '']));
    await refusal(opened.registry.setMetadata('a', many), 'METADATA_INVALID');
    expect((await opened.registry.lookup('a')).metadata).to.be.empty;
  });
}).timeout(60_000);

describe('the name server', () => {
  it('counts its names and leases', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'a', 'b');
    await opened.clock.advance(5000);
    await opened.register('s2', 'c');
    await opened.clock.advance(5000);
    expect(await opened.registry.info()).to.deep.equal({
      version: '0.0.0-test',
      startedAt: '2026-01-01T00:00:00.000Z',
      names: 1,
      leases: 1,
      revision: 4,
    });
  });

  it('answers while a thousand watchers wait', async () => {
    await using opened = await OpenedRegistry.open();
    const stops = Array.from({ length: 1000 }, () => new AbortController());
    const watchers = stops.map(({ signal }) => opened.registry.watch({ prefix: 'a', signal }));
    const events = watchers.map((watcher) => watcher.next());
    await opened.register('s1', 'b');
    expect((await opened.registry.lookup('b')).name).to.equal('b');
    await opened.register('s1', 'a');
    const told = await Promise.all(events);
    expect(told.every(({ value }) => value?.record.name === 'a')).to.be.true;
    const ends = watchers.map((watcher) => watcher.next());
    stops.forEach((stop) => {
      stop.abort();
    });
    expect((await Promise.all(ends)).every(({ done }) => done)).to.be.true;
  });

  it('holds claims of a hundred names of 128 characters', async () => {
    await using opened = await OpenedRegistry.open();
    const names = Array.from({ length: 100 }, (_, i) => `n${String(i).padStart(127, '0')}`);
    await opened.registry.register('s1', 'a:1', claims(...names));
    expect(await opened.names()).to.deep.equal(names);
  });
}).timeout(60_000);

describe('a name whose record is damaged', () => {
  let opened: OpenedRegistry;

  beforeEach(async () => {
    opened = await OpenedRegistry.open();
    await opened.register('s1', 'good');
    await opened.register('s2', 'torn');
    await opened.restart({ from: 's2.example', to: 's9.example' });
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it('is served to nobody, nor given to a rival, and the others are served', async () => {
    const error = await refusal(opened.registry.lookup('torn'), 'RECORD_DAMAGED');
    expect(error.message).to.include('"name/torn"');
    await refusal(opened.registry.list(), 'RECORD_DAMAGED');
    await refusal(opened.register('s3', 'torn'), 'RECORD_DAMAGED');
    expect((await opened.registry.lookup('good')).endpoints[0]?.address).to.equal('s1.example:7441');
  });

  for (const [how, heal] of [
    ['its lease has ended', () => opened.clock.advance(20_000)],
    ['it has been removed', () => opened.registry.remove('torn')],
  ] as const) {
    it(`can be registered once ${how}, and watchers are told`, async () => {
      const signal = AbortSignal.timeout(10_000);
      const watch = opened.registry.watch({ prefix: 'torn', signal });
      await heal();
      await opened.register('s2', 'torn');
      const { value: event } = await watch.next();
      expect(nameEvent.parse(event)).to.include({ type: 'removed' });
      expect((await watch.next()).value).to.have.nested.property('record.endpoints[0].serverId', 's2');
      expect(await opened.names('torn')).to.deep.equal(['torn']);
    });
  }
});
