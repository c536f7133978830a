import { expect } from 'chai';

import { bootTokens, macs, nodes } from '../../src/catalog/tables.js';
import { reasonOf, World } from '../fakes/world.js';

const mac = '52:54:00:00:00:07';

describe('a provision with a MAC address', () => {
  it('is given the same answer again, however the address is written', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();

    const first = await machine.provision('node7', 'ubuntu', { mac });

    expect(first.target.mac).to.equal(mac);
    expect(await machine.provision('node7', 'ubuntu', { mac: '52-54-00-00-00-07' })).to.deep.equal(first);
  });

  for (const [what, other] of [
    ['another one', { mac: '52:54:00:00:00:08' }],
    ['none', {}],
  ] as const) {
    it(`is refused for a node that has it already, when it has ${what}`, async () => {
      await using world = await World.open();
      const machine = await world.startWithImage();
      await machine.provision('node7', 'ubuntu', other);

      const asked = other.mac === undefined ? { mac } : {};

      expect(await reasonOf(machine.provision('node7', 'ubuntu', asked))).to.equal('NODE_EXISTS');
    });
  }

  it('is refused where another node has the address, and leaves nothing', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu', { mac });

    const error = await machine.provision('node8', 'ubuntu', { mac }).catch((each: unknown) => each);

    expect(error).to.deep.include({ code: 'ALREADY_EXISTS', reason: 'MAC_IN_USE' });
    expect(error).to.have.nested.property('details.node', 'node7');
    expect(await world.leaks()).to.deep.equal([]);
  });

  for (const keepDisk of [true, false]) {
    it(`gives the address up by a detach ${keepDisk ? 'that keeps the disk' : 'that deletes the disk'}`, async () => {
      await using world = await World.open();
      world.bootTokens = true;
      const machine = await world.startWithImage();
      await machine.provision('node7', 'ubuntu', { mac });

      await machine.detach('node7', keepDisk);

      expect(await machine.parts.catalog.list(macs)).to.deep.equal([]);
      expect(await machine.parts.catalog.list(bootTokens)).to.deep.equal([]);
      expect((await machine.provision('node8', 'ubuntu', { mac })).target.mac).to.equal(mac);
    });
  }

  it('can give a kept disk another card', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu', { mac });
    await machine.detach('node7', true);

    const again = await machine.provision('node7', 'ubuntu', { mac: '52:54:00:00:00:17' });

    expect(again.target.mac).to.equal('52:54:00:00:00:17');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('leaves records valid that were written before there were any', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const written = await machine.provision('node7', 'ubuntu');

    const entry = await world.store.get('node/node7');

    expect(entry?.value).to.not.contain('mac');
    expect(await machine.parts.catalog.get(nodes, 'node7')).to.deep.equal(written);
  });

  it('makes a token where scripts are given for tokens, and else none', async () => {
    await using world = await World.open();
    const without = await world.startWithImage();
    await without.provision('node7', 'ubuntu', { mac });
    world.bootTokens = true;
    const machine = world.start();
    await machine.provision('node8', 'ubuntu', { mac: '52:54:00:00:00:08' });

    const tokens = await machine.parts.catalog.list(bootTokens);

    expect(tokens.map(({ key }) => key)).to.deep.equal(['node8']);
    expect(tokens[0]?.value).to.match(/^[0-9a-f]{32}$/);
  });
});
