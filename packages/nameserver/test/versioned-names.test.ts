import { expect } from 'chai';

import { refusal } from '@patchbay/objects/testing';

import { OpenedRegistry } from './opened-registry.js';

async function lookedUp(opened: OpenedRegistry, name: string): Promise<string> {
  return (await opened.registry.lookup(name)).name;
}

describe('a versioned name', () => {
  it('is found by its own name, and the newest by the bare one', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'storage/v9', 'storage/v2');
    await opened.register('s2', 'storage/v10', 'storage/v10/disks', 'storage/view');
    expect(await lookedUp(opened, 'storage/v2')).to.equal('storage/v2');
    expect(await lookedUp(opened, 'storage')).to.equal('storage/v10');
    await opened.registry.remove('storage/v10');
    expect(await lookedUp(opened, 'storage')).to.equal('storage/v9');
  });

  it('gives way to the bare name where that is registered itself', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'storage/v2', 'storage');
    expect(await lookedUp(opened, 'storage')).to.equal('storage');
  });

  it('may be shared, and is found by its bare name with all of its servers', async () => {
    await using opened = await OpenedRegistry.open();
    for (const id of ['s1', 's2']) {
      await opened.registry.register(id, 'a:1', [{ name: 'storage/v2', shared: true }]);
    }
    expect((await opened.registry.lookup('storage')).endpoints).to.have.length(2);
  });

  it('that is not there is refused with those that are', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'storage/v1', 'storage/v2', 'disks/v1');
    const error = await refusal(opened.registry.lookup('storage/v3'), 'OBJECT_NOT_FOUND');
    expect(error.code).to.equal('NOT_FOUND');
    expect(error.message).to.equal('no object "storage/v3" is registered; there are storage/v2, storage/v1');
    expect(error.details).to.deep.equal({ name: 'storage/v3', versions: ['storage/v2', 'storage/v1'] });
    const other = await refusal(opened.registry.lookup('disks/v2'), 'OBJECT_NOT_FOUND');
    expect(other.message).to.equal('no object "disks/v2" is registered; there is disks/v1');
  });

  it('is not changed by its bare name: only a lookup stands for the newest', async () => {
    await using opened = await OpenedRegistry.open();
    await opened.register('s1', 'storage/v2');
    const error = await refusal(opened.registry.setMetadata('storage', { a: 'b' }), 'OBJECT_NOT_FOUND');
    expect(error.message).to.include('there is storage/v2');
    expect(await opened.registry.remove('storage')).to.be.false;
    expect(await opened.names()).to.deep.equal(['storage/v2']);
  });
}).timeout(60_000);
