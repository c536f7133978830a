import { expect } from 'chai';

import { connect, reasonOf, World } from '../fakes/world.js';

describe('rotate_credentials', () => {
  it('changes the secret and nothing else', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const before = await machine.provision('node7', 'ubuntu');

    const after = await machine.rotate('node7');

    const { secret } = after.target.chap;
    expect(secret).to.not.equal(before.target.chap.secret);
    expect(after).to.deep.equal({
      ...before,
      target: { ...before.target, chap: { ...before.target.chap, secret } },
    });
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('is refused while the node is connected, unless it is forced', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const before = await machine.provision('node7', 'ubuntu');
    connect(world, before);

    expect(await reasonOf(machine.rotate('node7'))).to.equal('DISK_IN_USE');
    expect(world.targets.specs.get(before.target.iqn)?.chap).to.deep.equal(before.target.chap);
    const after = await machine.rotate('node7', true);
    expect(after.target.chap.secret).to.not.equal(before.target.chap.secret);
  });

  it('happens once for two that ask at the same time', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');

    const [first, second] = await Promise.all([machine.rotate('node7'), machine.rotate('node7')]);

    expect(second).to.deep.equal(first);
  });

  it('is finished by the reconciler when the target daemon was away', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { target } = await machine.provision('node7', 'ubuntu');
    const ensureExported = world.targets.ensureExported.bind(world.targets);
    world.targets.ensureExported = () => Promise.reject(new Error('away'));
    await machine.rotate('node7').catch(() => undefined);
    world.targets.ensureExported = ensureExported;

    const report = await machine.reconciler.run();

    expect(report.finished).to.deep.equal(['node:node7']);
    const made = world.targets.specs.get(target.iqn)?.chap.secret;
    expect(made).to.not.equal(target.chap.secret);
    expect((await machine.provision('node7', 'ubuntu')).target.chap.secret).to.equal(made);
  });
});
