import { expect } from 'chai';

import type { NumberedEvent } from '../../src/catalog/event-log.js';
import { images } from '../../src/catalog/tables.js';
import type { Machine } from '../fakes/machine.js';
import { reasonOf, World } from '../fakes/world.js';

async function eventsOf({ parts: { events } }: Machine): Promise<NumberedEvent[]> {
  const found: NumberedEvent[] = [];
  for await (const each of events.all()) {
    found.push(each);
  }
  return found;
}

/** Formats events, a line each. */
function told(found: readonly NumberedEvent[]): string[] {
  return found.map(
    ({ event: { thing, was, state, by } }) =>
      `${thing}: ${was ?? 'none'} to ${state ?? 'gone'} by ${by?.method ?? 'nobody'}`,
  );
}

describe('EventLog', () => {
  it('tells each change of state, in order and without gaps, and who it was done for', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { actors } = machine.parts.catalog;

    await actors.run({ method: 'provision', peer: '10.0.0.1:7', callId: 'c1' }, () =>
      machine.provision('node7', 'ubuntu'),
    );
    await actors.run({ method: 'detach_node' }, () => machine.detach('node7'));

    const found = await eventsOf(machine);
    expect(told(found)).to.deep.equal([
      'image:ubuntu: none to creating by nobody',
      'image:ubuntu: creating to ready by nobody',
      'node:node7: none to creating by provision',
      'node:node7: creating to ready by provision',
      'node:node7: ready to deleting by detach_node',
      'node:node7: deleting to gone by detach_node',
    ]);
    expect(found.map(({ revision }) => revision)).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(found[3]?.event).to.deep.include({
      atMs: world.clock.now(),
      node: 'node7',
      by: { method: 'provision', peer: '10.0.0.1:7', callId: 'c1' },
    });
  });

  it('tells nothing of what did not happen', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    const before = await eventsOf(machine);

    await machine.provision('node7', 'ubuntu');
    await reasonOf(machine.provision('node7', 'ubuntu', { sizeBytes: 2 ** 40 }));
    await machine.reconciler.run();

    expect(await eventsOf(machine)).to.deep.equal(before);
  });

  it('tells one operation that several callers asked for as that of the first', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { actors } = machine.parts.catalog;

    await Promise.all(
      ['first', 'second'].map((method) => actors.run({ method }, () => machine.provision('node7', 'ubuntu'))),
    );

    const by = (await eventsOf(machine)).flatMap(({ event }) => event.by?.method ?? []);
    expect(by).to.deep.equal(['first', 'first']);
  });

  it('holds no secret', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { target } = await machine.provision('node7', 'ubuntu');

    expect(JSON.stringify(await eventsOf(machine))).to.not.contain(target.chap.secret);
  });

  it('is watched from a revision on: what was, then what comes', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const leaving = new AbortController();
    const watched: number[] = [];

    const watching = (async () => {
      for await (const { revision } of machine.parts.events.watch(1, leaving.signal)) {
        watched.push(revision);
        if (revision === 4) {
          return;
        }
      }
    })();
    await machine.provision('node7', 'ubuntu');
    await watching;

    expect(watched).to.deep.equal([2, 3, 4]);
  });

  it('is watched on although the store forgets its history meanwhile', async () => {
    await using world = await World.open({ historyRevisions: 0 });
    const machine = await world.startWithImage();
    const { events } = machine.parts;
    const watching = events.watch(2, new AbortController().signal);

    const next = watching.next();
    await machine.provision('node7', 'ubuntu');

    expect((await next).value).to.include({ revision: 3 });
    expect((await watching.next()).value).to.include({ revision: 4 });
  });

  it('ends with the reason of the one who watches', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const leaving = new AbortController();
    const next = machine.parts.events.watch(2, leaving.signal).next();

    leaving.abort(new Error('gone'));

    const error = await next.catch((each: unknown) => each);
    expect(error).to.have.property('message', 'gone');
  });

  it('forgets in commits of at most 100 writes', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { catalog, events } = machine.parts;
    const [image] = await catalog.list(images);
    for (let part = 0; part < 10; part += 1) {
      await catalog.transact((tx) => {
        for (let each = 0; each < 25; each += 1) {
          tx.put(images, `image-${String(part)}-${String(each)}`, image!.value);
        }
      });
    }
    const sizes: number[] = [];
    const commit = world.store.commit.bind(world.store);
    world.store.commit = (conditions, operations) => {
      sizes.push(operations.length);
      return commit(conditions, operations);
    };

    await events.forget(1);

    expect((await eventsOf(machine)).map(({ revision }) => revision)).to.deep.equal([252]);
    expect(sizes).to.have.lengthOf.at.least(3);
    expect(Math.max(...sizes)).to.be.at.most(100);
  });

  it('remembers so many, and refuses to watch from what it has forgotten', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    const { events } = machine.parts;

    await events.forget(2);

    expect((await eventsOf(machine)).map(({ revision }) => revision)).to.deep.equal([3, 4]);
    expect(await events.revision()).to.equal(4);
    const late = events.watch(1, new AbortController().signal);
    expect(await reasonOf(late.next())).to.equal('EVENTS_FORGOTTEN');
    const ofAnotherCatalog = events.watch(5, new AbortController().signal);
    expect(await reasonOf(ofAnotherCatalog.next())).to.equal('EVENTS_FORGOTTEN');
    await machine.snapshot('node7', 's');
    expect(await events.revision()).to.equal(6);
  });
});
