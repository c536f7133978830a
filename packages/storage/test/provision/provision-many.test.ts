import { expect } from 'chai';

import { provisionMany, type ProvisionOutcome } from '../../src/provision/provision-many.js';
import { node } from '../fakes/machine.js';
import { World } from '../fakes/world.js';

const many = (count: number): ReturnType<typeof node>[] =>
  Array.from({ length: count }, (_, index) => node(`n${String(index)}`));
const never = new AbortController().signal;

async function all(outcomes: AsyncGenerator<ProvisionOutcome, void, undefined>): Promise<ProvisionOutcome[]> {
  const found: ProvisionOutcome[] = [];
  for await (const each of outcomes) {
    found.push(each);
  }
  return found;
}

describe('provision_many', () => {
  it('provisions each node once, never more at a time than it may', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    let [now, most] = [0, 0];

    const outcomes = await all(
      provisionMany([...many(20), ...many(3)], 4, never, async (name) => {
        now += 1;
        most = Math.max(most, now);
        try {
          return await machine.provision(name, 'ubuntu');
        } finally {
          now -= 1;
        }
      }),
    );

    expect(outcomes.map((each) => each.node)).to.have.members(many(20));
    expect(most).to.equal(4);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('goes on after one that fails, and tells why it did', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('n1', 'ubuntu', { sizeBytes: 2 ** 31 });

    const outcomes = await all(provisionMany(many(3), 1, never, (name) => machine.provision(name, 'ubuntu')));

    expect(outcomes.map((each) => 'error' in each)).to.deep.equal([false, true, false]);
    expect(outcomes[1]).to.have.nested.property('error.reason', 'NODE_EXISTS');
  });

  it('begins no further node when the caller has left', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const leaving = new AbortController();
    const begun: string[] = [];

    const outcomes = provisionMany(many(9), 2, leaving.signal, (name) => {
      begun.push(name);
      return machine.provision(name, 'ubuntu', {}, leaving.signal);
    });
    await outcomes.next();
    leaving.abort(new Error('left'));
    await outcomes.next().catch(() => undefined);

    expect(begun).to.have.lengthOf(3);
  });
});
