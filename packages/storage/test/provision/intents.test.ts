import { expect } from 'chai';

import { images, nodes } from '../../src/catalog/tables.js';
import type { Intent } from '../../src/provision/intents.js';
import { nodeStates } from '../../src/provision/node-states.js';
import { imageResource, nodeResource } from '../../src/provision/resources.js';
import { image } from '../fakes/machine.js';
import { reasonOf, World } from '../fakes/world.js';

const never = new AbortController().signal;

/** An intent on `node7` that does nothing, for the steps that a test is not about. */
const idle: Intent<null, string> = {
  resources: [nodeResource('node7')],
  kind: 'test',
  parameters: {},
  intend: () => Promise.resolve({ carryOut: null }),
  carryOut: () => Promise.resolve('carried out'),
};

describe('An intent', () => {
  it('is checked, then committed, then carried out', async () => {
    await using world = await World.open();
    const { intents } = world.start().parts;
    const steps: string[] = [];
    const step = <T>(name: string, result: T): Promise<T> => {
      steps.push(name);
      return Promise.resolve(result);
    };

    const result = await intents.run<null, string>(
      {
        ...idle,
        check: () => step('check', undefined),
        intend: () => step('intend', { carryOut: null }),
        carryOut: () => step('carryOut', 'carried out'),
      },
      never,
    );

    expect(result).to.equal('carried out');
    expect(steps).to.deep.equal(['check', 'intend', 'carryOut']);
  });

  it('is not carried out where it finds nothing left to do', async () => {
    await using world = await World.open();
    const { intents } = world.start().parts;

    const result = await intents.run<null, string>(
      {
        ...idle,
        intend: () => Promise.resolve({ done: 'done before' }),
        carryOut: () => Promise.reject(new Error('carried out')),
      },
      never,
    );

    expect(result).to.equal('done before');
  });

  it('recovers first what an earlier operation left unfinished on its resources', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    const { catalog, intents } = machine.parts;
    await catalog.transact(async (tx) => {
      const record = await tx.get(nodes, 'node7');
      tx.put(nodes, 'node7', { ...record!, state: 'deleting' });
    });

    let found: unknown = 'nothing was looked at';
    const intend: Intent<null, string>['intend'] = async (tx) => {
      found = await tx.get(nodes, 'node7');
      return { done: '' };
    };
    await intents.run<null, string>({ ...idle, intend }, never);

    expect(found).to.equal(undefined);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('is recovered at once when it fails, and its caller gets the error that it failed with', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const failing: Intent<null, string> = {
      ...idle,
      resources: [imageResource('other'), nodeResource('node7')],
      intend: async (tx) => {
        const record = await tx.get(images, 'ubuntu');
        tx.put(images, 'other', { ...record!, name: image('other'), state: 'creating' });
        world.pool.write({ kind: 'image', id: record!.id }, 512, 'half');
        return { carryOut: null };
      },
      carryOut: () => Promise.reject(new Error('no')),
    };

    expect(await reasonOf(machine.parts.intents.run(failing, never))).to.have.property('message', 'no');

    expect(await machine.parts.catalog.get(images, 'other')).to.equal(undefined);
  });

  it('that cannot be recovered now is left to the reconciler, and logged', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const ensureRemoved = world.pool.ensureRemoved.bind(world.pool);
    world.pool.ensureRemoved = () => Promise.reject(new Error('not mounted'));
    world.pool.onClone = () => Promise.reject(new Error('no'));

    await reasonOf(machine.copyImage('ubuntu', 'copy'));

    expect(world.log.lines.map(({ message }) => message)).to.include(
      'cannot recover from a failed operation now; the reconciler will',
    );
    world.pool.ensureRemoved = ensureRemoved;
    expect((await machine.reconciler.run()).rolledBack).to.deep.equal(['image:copy']);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('does not compile without one of its steps, nor does a state without its recovery', () => {
    const { carryOut, intend, resources, ...rest } = idle;
    // @ts-expect-error -- it says what it intends, and not how it is carried out
    const noCarryOut: Intent<null, string> = { ...rest, resources, intend };
    // @ts-expect-error -- it is carried out without an intent
    const noIntend: Intent<null, string> = { ...rest, resources, carryOut };
    // @ts-expect-error -- it touches nothing that could be recovered
    const noResources: Intent<null, string> = { ...rest, resources: [], intend, carryOut };
    const { recovery, ...stateless } = nodeStates.growing;
    // @ts-expect-error -- nobody knows how to recover from it
    const noRecovery: typeof nodeStates.growing = stateless;

    expect([noCarryOut, noIntend, noResources, noRecovery, recovery]).to.have.length(5);
  });
});
