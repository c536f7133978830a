import { expect } from 'chai';
import { z } from 'zod';

import type { PropertyRead, SignaturesOf } from '@patchbay/objects';
import { arg, defineObject, method, objectOf, property } from '@patchbay/objects/define';
import { RecordingLog, refusal } from '@patchbay/objects/testing';

import { connectInMemory } from '../src/memory/index.js';

const shelf = defineObject({
  summary: 'A shelf',
  methods: { take: method({ summary: 'Take an item', returns: z.int(), run: () => 1 }) },
  properties: {
    length: property(z.int().describe('how long it is, in cm'), () => 80),
    width: property(z.int(), () => Promise.resolve(30), { deprecated: 'use length' }),
  },
});

function makeDepot(notes: string[]) {
  let size = 0;
  return defineObject({
    summary: 'A depot',
    methods: {
      add: method({
        summary: 'Add items',
        args: [arg('count', z.int().default(1), 'how many')],
        returns: z.int(),
        run: (count) => {
          notes.push('added');
          return (size += count);
        },
      }),
      old: method({
        summary: 'Count the items',
        returns: z.int(),
        deprecated: 'read the property size',
        run: () => size,
      }),
      shelf: method({ summary: 'Hand out a shelf', returns: objectOf<typeof shelf>(), run: () => shelf }),
    },
    properties: {
      size: property(z.int().nonnegative(), () => size),
      whose: property(z.string(), ({ caller, metadata }) => `${caller.peer} ${metadata.reason ?? ''}`),
      wrong: property(z.int(), () => 'text' as unknown as number),
      first: property(objectOf<typeof shelf>(), () => shelf),
    },
  });
}
type Depot = SignaturesOf<ReturnType<typeof makeDepot>>;

describe('properties of an object', () => {
  const notes: string[] = [];

  it('are read by name, anew each time', async () => {
    await using client = connectInMemory({ depot: makeDepot(notes) });
    const depot = client.proxy<Depot>('depot');
    const { size }: { size: PropertyRead<number> } = depot;
    expect(await size).to.equal(0);
    await depot.add(3);
    expect([await size, await depot.size, await depot.size()]).to.deep.equal([3, 3, 3]);
    expect(await Promise.all([depot.size, depot.whose])).to.deep.equal([3, 'in-memory ']);
    expect(await depot.with({ metadata: { reason: 'why' } }).whose).to.equal('in-memory why');
    expect(await client.call('depot', 'size', [])).to.equal(3);
    expect(await client.callWithArgv('depot', 'size', [])).to.equal(3);
    const [counted] = await client.batch((batch) => [batch.proxy<Depot>('depot').size()]);
    expect(counted).to.include({ status: 'fulfilled', value: 3 });
  });

  it('of an object that is handed out, or will be, are read in the same way', async () => {
    await using client = connectInMemory({ depot: makeDepot(notes) });
    const depot = client.proxy<Depot>('depot');
    using held = await depot.shelf();
    expect([await held.length, await depot.shelf().length, await held.take()]).to.deep.equal([80, 80, 1]);
    const first = await depot.first;
    expect([await first.take(), await first.length]).to.deep.equal([1, 80]);
  });

  it('are no methods: what is awaited but not called never runs', async () => {
    await using client = connectInMemory({ depot: makeDepot(notes) });
    const depot = client.proxy<Depot>('depot');
    notes.length = 0;
    const error = await refusal(Promise.resolve(depot.add as unknown as PromiseLike<number>));
    expect(error).to.include({
      reason: 'METHOD_NOT_FOUND',
      message: 'depot.add is a method, not a property: call it, as add()',
    });
    expect(notes).to.deep.equal([]);
  });

  it('are checked like results, and take no arguments', async () => {
    await using client = connectInMemory(
      { depot: makeDepot(notes) },
      { server: { log: new RecordingLog() } },
    );
    const depot = client.proxy<Depot>('depot');
    expect((await refusal(Promise.resolve(depot.wrong))).reason).to.equal('RESULT_INVALID');
    expect((await refusal(client.call('depot', 'size', [1]))).reason).to.equal('ARGUMENT_SURPLUS');
    expect((await refusal(client.call('depot', 'sizes', []))).message).to.include('did you mean "size"?');
  });

  it('are described', async () => {
    await using client = connectInMemory({ shelf });
    const { properties } = await client.describe('shelf');
    const schema = { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
    expect(properties).to.deep.equal([
      {
        name: 'length',
        summary: 'how long it is, in cm',
        schema: { ...schema, description: 'how long it is, in cm' },
        access: 'view',
      },
      { name: 'width', summary: '', schema, access: 'view', deprecated: 'use length' },
    ]);
  });
});

describe('a deprecated method', () => {
  it('says so with each answer, and its client warns once', async () => {
    const log = new RecordingLog();
    await using client = connectInMemory({ depot: makeDepot([]) }, { log });
    const depot = client.proxy<Depot>('depot');
    for (const call of [depot.old(), depot.old()]) {
      await call;
      expect(call.responseMetadata).to.deep.equal({ deprecated: 'read the property size' });
    }
    expect(await depot.shelf().width).to.equal(30);
    const refused = client.call('depot', 'old', [1]);
    await refusal(refused);
    expect(refused.responseMetadata).to.have.property('deprecated');
    const warnings = log.lines.filter(({ level }) => level === 'warn');
    expect(warnings).to.deep.equal([
      {
        level: 'warn',
        message: 'a deprecated method was called',
        fields: { object: 'depot', method: 'old', deprecated: 'read the property size' },
      },
      {
        level: 'warn',
        message: 'a deprecated method was called',
        fields: { object: 'depot.shelf()', method: 'width', deprecated: 'use length' },
      },
    ]);
  });

  it('is every one of a deprecated version, whose client without a log warns as node does', async () => {
    const depot = defineObject({
      summary: 'A depot',
      deprecated: 'use depot/v2',
      methods: { ping: method({ summary: 'Answer', returns: z.null(), run: () => null }) },
    });
    await using client = connectInMemory({ 'depot/v1': depot });
    expect(await client.describe('depot/v1')).to.include({ deprecated: 'use depot/v2' });
    const warnings: unknown[][] = [];
    const emitWarning = process.emitWarning.bind(process);
    process.emitWarning = (...warning: unknown[]) => void warnings.push(warning);
    try {
      await client.call('depot', 'ping', []);
      await client.call('depot', 'ping', []);
    } finally {
      process.emitWarning = emitWarning;
    }
    expect(warnings).to.deep.equal([['depot.ping is deprecated: use depot/v2', 'DeprecationWarning']]);
  });
});
