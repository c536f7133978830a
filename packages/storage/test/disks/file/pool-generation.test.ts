import { expect } from 'chai';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createMarker, markerName, readMarker } from '../../../src/disks/file/pool-marker.js';
import { PoolGeneration } from '../../../src/disks/file/pool-generation.js';
import { reasonOf } from '../../fakes/world.js';
import { makeScratch, type Scratch } from '../scratch.js';

describe('The notes of a pool', () => {
  let scratch: Scratch;
  beforeEach(async () => {
    scratch = await makeScratch();
  });
  afterEach(async () => {
    await scratch[Symbol.asyncDispose]();
  });

  /** Changes one character of a note into another of its kind. */
  async function damage(name: string, from: RegExp, to: string): Promise<void> {
    const path = join(scratch.path, name);
    const content = await readFile(path, 'utf8');
    expect(content).to.match(from);
    await writeFile(path, content.replace(from, to));
  }

  it('hold the generation, which no damage makes another one', async () => {
    const generation = new PoolGeneration(scratch.path);
    expect(await generation.read()).to.equal(undefined);
    await generation.set(17);
    expect(await new PoolGeneration(scratch.path).read()).to.equal(17);

    await damage('patchbay-generation', /17/, '12');
    expect(await generation.read()).to.equal(Infinity);
    await generation.set(18);
    expect(await generation.read()).to.equal(18);
  });

  it('are read as an earlier version wrote them, without a checksum, and get one', async () => {
    const generation = new PoolGeneration(scratch.path);
    await writeFile(join(scratch.path, 'patchbay-generation'), '00000000000000000017\n');
    expect(await generation.read()).to.equal(17);
    await generation.raise(19);
    expect(await generation.read()).to.equal(19);
    const content = await readFile(join(scratch.path, 'patchbay-generation'), 'utf8');
    expect(content).to.match(/^0+19 [0-9a-f]{8}\n$/);

    const id = '11111111-2222-4333-8444-555555555555';
    await writeFile(join(scratch.path, markerName), JSON.stringify({ version: 1, id }));
    expect(await readMarker(scratch.path)).to.equal(id);
  });

  it('name the pool, and damage does not make it another pool', async () => {
    const id = await createMarker(scratch.path);
    expect(await readMarker(scratch.path)).to.equal(id);
    await damage(markerName, new RegExp(id.slice(0, 4)), id.startsWith('0000') ? '1111' : '0000');
    expect(await reasonOf(readMarker(scratch.path))).to.equal('POOL_UNAVAILABLE');
  });
});
