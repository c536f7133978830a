import { expect } from 'chai';

import type { NameEvent } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';

import { OpenedRegistry } from './opened-registry.js';

describe('watching names', () => {
  it('tells of names as they are registered, changed and removed', async () => {
    await using opened = await OpenedRegistry.open();
    const { registry } = opened;
    const watch = registry.watch({ signal: new AbortController().signal });
    await opened.register('s1', 'a', 'b');
    await registry.setMetadata('a', { x: 'y' });
    await registry.remove('b');
    expect(await take(watch, 4)).to.deep.equal([
      'registered a at 2',
      'registered b at 2',
      'changed a at 3',
      'removed b at 4',
    ]);
  });

  it('tells that a returning server changed its names, and did not remove them', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'a');
    const watch = opened.registry.watch({ signal: new AbortController().signal });
    await opened.register('s1', 'a');
    await opened.register('s1', 'b');
    expect(await take(watch, 2)).to.deep.equal(['changed a at 3', 'registered b at 4']);
  });

  it('tells that names went when their lease has passed, with their last record', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'a');
    const last = await opened.registry.lookup('a');
    const watch = opened.registry.watch({ signal: new AbortController().signal });
    await opened.clock.advance(10_000);
    expect((await watch.next()).value).to.deep.equal({ type: 'removed', record: last, revision: 3 });
  });

  it('begins after a revision, also one from before a restart', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'a');
    const { revision } = await opened.registry.list();
    await opened.register('s1', 'b');
    await opened.restart();
    await opened.register('s2', 'c');
    const watch = opened.registry.watch({ fromRevision: revision, signal: new AbortController().signal });
    expect(await take(watch, 2)).to.deep.equal(['registered b at 3', 'registered c at 4']);
  });

  it('tells only of names with the prefix', async () => {
    await using opened = await OpenedRegistry.open();
    const watch = opened.registry.watch({ prefix: 'disk_', signal: new AbortController().signal });
    await opened.register('s1', 'diskX', 'Disk_', 'disk_1');
    expect(await take(watch, 1)).to.deep.equal(['registered disk_1 at 2']);
  });

  it('refuses a revision that has been forgotten, and says what to do', async () => {
    await using opened = await OpenedRegistry.open(2);
    for (const name of ['a', 'b', 'c', 'd']) {
      await opened.register('s1', name);
    }
    await opened.restart(); // which leaves what is on disk
    const { signal } = new AbortController();
    const error = await refusal(
      opened.registry.watch({ fromRevision: 2, signal }).next(),
      'REVISION_COMPACTED',
    );
    expect(error.code).to.equal('OUT_OF_RANGE');
    expect(error.message).to.include('watch from their revision');
    expect(await take(opened.registry.watch({ fromRevision: 3, signal }), 2)).to.deep.equal([
      'registered c at 4',
      'registered d at 5',
    ]);
  });

  it('forgets nothing while there are fewer revisions than are to be kept', async () => {
    await using opened = await OpenedRegistry.open(10);
    await opened.register('s1', 'a');
    const { signal } = new AbortController();
    expect(await take(opened.registry.watch({ fromRevision: 0, signal }), 1)).to.deep.equal([
      'registered a at 2',
    ]);
  });

  it('ends when its signal aborts', async () => {
    await using opened = await OpenedRegistry.open();
    const stop = new AbortController();
    const watch = opened.registry.watch({ signal: stop.signal });
    const waiting = watch.next();
    stop.abort();
    expect((await waiting).done).to.be.true;
  });
}).timeout(60_000);

async function take(watch: AsyncGenerator<NameEvent, void>, count: number): Promise<readonly string[]> {
  const told: string[] = [];
  while (told.length < count) {
    const { value } = await watch.next();
    told.push(
      value === undefined ? 'end' : `${value.type} ${value.record.name} at ${String(value.revision)}`,
    );
  }
  await watch.return();
  return told;
}
