import { expect } from 'chai';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { claimPool } from '../../src/object/claim-pool.js';
import { reasonOf } from '../fakes/world.js';

describe('claimPool', () => {
  let pool: string;

  beforeEach(async () => {
    pool = await mkdtemp(join(tmpdir(), 'patchbay-claim-'));
  });

  afterEach(async () => {
    await rm(pool, { recursive: true });
  });

  it('lets a catalog claim a pool again and again', async () => {
    await claimPool(pool, 'one');
    await claimPool(pool, 'one');

    expect(await readdir(pool)).to.deep.equal(['patchbay-catalog']);
  });

  it('refuses a second catalog, and names the first', async () => {
    await claimPool(pool, 'one');

    const error = await claimPool(pool, 'two').catch((each: unknown) => each);

    expect(error).to.have.property('reason', 'POOL_NOT_OURS');
    expect(error).to.have.nested.property('details.holder', 'one');
  });

  it('gives the pool to one of two that claim it at once', async () => {
    const reasons = await Promise.all(['one', 'two'].map((id) => reasonOf(claimPool(pool, id))));

    expect(reasons.filter((reason) => reason === undefined)).to.have.lengthOf(1);
    expect(reasons).to.include('POOL_NOT_OURS');
  });
});
