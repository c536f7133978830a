import { expect } from 'chai';
import { readFile } from 'node:fs/promises';

import { defineStorage } from '../../src/object/storage-object.js';
import { World } from '../fakes/world.js';

const reference = new URL('../../../../../docs/reference/storage.md', import.meta.url);

/** Methods that change nothing. */
const readOnly = /^(?:list_|show_|watch$|history$|export_|pool_info$|status$|fsck$)/;

describe('docs/reference/storage.md', () => {
  it('tells of every method that changes something what its steps are', async () => {
    await using world = await World.open();
    const { methods } = defineStorage(world.start().parts, () => Promise.resolve());
    const text = await readFile(reference, 'utf8');
    const rows = text.split('\n').filter((line) => line.startsWith('| `') || line.startsWith('| a '));

    const changing = Object.keys(methods).filter((name) => !readOnly.test(name) && name !== 'reconcile');
    const untold = changing.filter((name) => !rows.some((row) => row.split('|')[1]?.includes(`\`${name}`)));

    expect(untold).to.deep.equal([]);
  });
});
