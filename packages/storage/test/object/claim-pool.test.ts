import { expect } from 'chai';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { RecordingLog } from '@patchbay/objects/testing';

import { claimPool } from '../../src/object/claim-pool.js';
import { reasonOf } from '../fakes/world.js';

describe('claimPool', () => {
  let pool: string;
  const log = new RecordingLog();
  const claim = (id: string, knowsPool = false): Promise<void> => claimPool(pool, id, { knowsPool, log });

  beforeEach(async () => {
    pool = await mkdtemp(join(tmpdir(), 'patchbay-claim-'));
  });

  afterEach(async () => {
    await rm(pool, { recursive: true });
  });

  it('lets a catalog claim a pool again and again', async () => {
    await claim('one');
    await claim('one');

    expect(await readdir(pool)).to.deep.equal(['patchbay-catalog']);
  });

  it('refuses a second catalog, and names the first', async () => {
    await claim('one');

    const error = await claim('two').catch((each: unknown) => each);

    expect(error).to.have.property('reason', 'POOL_NOT_OURS');
    expect(error).to.have.nested.property('details.holder', 'one');
  });

  it('gives the pool to one of two that claim it at once', async () => {
    const reasons = await Promise.all(['one', 'two'].map((id) => reasonOf(claim(id))));

    expect(reasons.filter((reason) => reason === undefined)).to.have.lengthOf(1);
    expect(reasons).to.include('POOL_NOT_OURS');
  });

  it('takes a claim of an earlier version, which has no checksum', async () => {
    await writeFile(join(pool, 'patchbay-catalog'), 'one\n');
    await claim('one');
    expect(await reasonOf(claim('two'))).to.equal('POOL_NOT_OURS');
  });

  it('writes a damaged claim anew for the catalog that was in use with the pool, and for no other', async () => {
    const path = join(pool, 'patchbay-catalog');
    await claim('one');
    await writeFile(path, (await readFile(path, 'utf8')).replace('one', 'onf'));

    const error = await claim('onf').catch((each: unknown) => each);
    expect(error).to.have.property('reason', 'POOL_NOT_OURS');
    expect(error).to.have.property('message').that.contains(`${path} is damaged`);
    await claim('one', true);

    expect(log.lines.map(({ message }) => message)).to.deep.equal([
      "wrote the note of the pool's catalog anew, as it was damaged",
    ]);
    await claim('one');
    expect(await reasonOf(claim('onf'))).to.equal('POOL_NOT_OURS');
  });
});
