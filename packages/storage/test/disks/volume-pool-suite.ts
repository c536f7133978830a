import { expect } from 'chai';

import { isRpcError } from '@patchbay/objects';

import type { VolumePool, VolumeRef } from '../../src/disks/volume-pool.js';

const MiB = 1024 * 1024;
const image: VolumeRef = { kind: 'image', id: 'image-00000001' };
const disk: VolumeRef = { kind: 'disk', id: 'disk-000000001' };
const other: VolumeRef = { kind: 'disk', id: 'disk-000000002' };
const snapshot: VolumeRef = { kind: 'snapshot', id: 'snapshot-00001' };

/** A fresh pool for one test, and the means to access its volumes from outside. */
export interface PoolUnderTest extends AsyncDisposable {
  readonly pool: VolumePool;
  /** Creates a volume with these bytes. */
  seed(volume: VolumeRef, content: Buffer): Promise<void>;
  read(volume: VolumeRef): Promise<Buffer>;
  write(volume: VolumeRef, content: Buffer, position: number): Promise<void>;
}

/** Returns the error that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

/** Defines the tests that every kind of pool must pass; `before` skips them if the machine cannot have one. */
export function describeVolumePool(
  name: string,
  open: () => Promise<PoolUnderTest>,
  before: (context: Mocha.Context) => void = () => undefined,
): void {
  describe(`the volume pool ${name}`, function () {
    this.timeout(60_000);
    const content = Buffer.alloc(MiB, 'patchbay');

    beforeEach(function () {
      before(this);
    });

    it('clones an image with all its bytes', async () => {
      await using made = await open();
      await made.seed(image, content);
      await made.pool.ensureCloned(image, disk);
      expect((await made.read(disk)).equals(content)).to.be.true;
    });

    it('grows a clone with zeros', async () => {
      await using made = await open();
      await made.seed(image, content);
      await made.pool.ensureCloned(image, disk, { sizeBytes: 3 * MiB });
      expect((await made.pool.stat(disk))?.sizeBytes).to.equal(3 * MiB);
      expect((await made.read(disk)).equals(Buffer.concat([content, Buffer.alloc(2 * MiB)]))).to.be.true;
    });

    it('does not shrink a clone', async () => {
      await using made = await open();
      await made.seed(image, content);
      await made.pool.ensureCloned(image, disk, { sizeBytes: 512 });
      expect((await made.pool.stat(disk))?.sizeBytes).to.equal(MiB);
    });

    it('keeps an image and two clones of it independent', async () => {
      await using made = await open();
      await made.seed(image, content);
      await made.pool.ensureCloned(image, disk);
      await made.pool.ensureCloned(image, other);
      await made.write(disk, Buffer.from('one'), 0);
      await made.write(other, Buffer.from('two'), 4096);
      expect((await made.read(image)).equals(content)).to.be.true;
      expect((await made.read(disk)).subarray(0, 8).toString()).to.equal('onechbay');
      expect((await made.read(other)).subarray(4096, 4104).toString()).to.equal('twochbay');
    });

    it('creates a snapshot of a disk and a disk from that snapshot', async () => {
      await using made = await open();
      await made.seed(image, content);
      await made.pool.ensureCloned(image, disk);
      await made.write(disk, Buffer.from('kept'), 0);
      await made.pool.ensureCloned(disk, snapshot);
      await made.write(disk, Buffer.from('lost'), 0);
      await made.pool.ensureCloned(snapshot, other);
      expect((await made.read(other)).subarray(0, 4).toString()).to.equal('kept');
    });

    it('leaves an existing clone as it is', async () => {
      await using made = await open();
      await made.seed(image, content);
      await made.pool.ensureCloned(image, disk);
      await made.write(disk, Buffer.from('mine'), 0);
      await made.pool.ensureCloned(image, disk);
      expect((await made.read(disk)).subarray(0, 4).toString()).to.equal('mine');
    });

    it('refuses to clone what is missing, and leaves nothing', async () => {
      await using made = await open();
      const error = await failureOf(made.pool.ensureCloned(image, disk));
      expect(isRpcError(error, 'VOLUME_MISSING')).to.be.true;
      expect(await made.pool.list()).to.deep.equal([]);
    });

    it('does not start a clone whose signal is aborted', async () => {
      await using made = await open();
      await made.seed(image, content);
      const reason = new Error('the caller went away');
      const signal = AbortSignal.abort(reason);
      expect(await failureOf(made.pool.ensureCloned(image, disk, { signal }))).to.equal(reason);
      expect(await made.pool.stat(disk)).to.be.undefined;
    });

    it('grows a volume, never shrinks it, and the new part reads as zeros', async () => {
      await using made = await open();
      await made.seed(image, content);
      await made.pool.ensureCloned(image, disk);

      await made.pool.ensureSize(disk, 2 * MiB);
      await made.pool.ensureSize(disk, MiB);

      const grown = await made.read(disk);
      expect(grown).to.have.lengthOf(2 * MiB);
      expect(grown.subarray(0, MiB).equals(content)).to.be.true;
      expect(grown.subarray(MiB).every((byte) => byte === 0)).to.be.true;
      expect(isRpcError(await failureOf(made.pool.ensureSize(other, MiB)), 'VOLUME_MISSING')).to.be.true;
    });

    it('replaces a volume with another, and does nothing the second time', async () => {
      await using made = await open();
      await made.seed(image, content);
      await made.pool.ensureCloned(image, disk);
      await made.pool.ensureCloned(image, other);
      await made.write(other, Buffer.from('mine'), 0);

      await made.pool.ensureReplaced(disk, other);
      await made.pool.ensureReplaced(disk, other);

      expect((await made.read(disk)).subarray(0, 4).toString()).to.equal('mine');
      expect(await made.pool.stat(other)).to.be.undefined;
      await made.write(disk, Buffer.from('more'), 0);
    });

    it('removes a volume of each kind, and does nothing the second time', async () => {
      await using made = await open();
      await made.seed(image, content);
      await made.pool.ensureCloned(image, disk);
      await made.pool.ensureCloned(disk, snapshot);
      for (const volume of [image, disk, snapshot, image]) {
        await made.pool.ensureRemoved(volume);
      }
      expect(await made.pool.list()).to.deep.equal([]);
    });

    it('keeps a clone intact when its image is removed', async () => {
      await using made = await open();
      await made.seed(image, content);
      await made.pool.ensureCloned(image, disk);
      await made.pool.ensureRemoved(image);
      expect((await made.read(disk)).equals(content)).to.be.true;
    });

    it('lists every volume with the time of its last change', async () => {
      await using made = await open();
      await made.seed(image, content);
      await made.pool.ensureCloned(image, disk);
      const listed = await made.pool.list();
      expect(listed.map(({ volume }) => volume)).to.have.deep.members([image, disk]);
      for (const { modifiedAtMs } of listed) {
        expect(modifiedAtMs).to.be.closeTo(Date.now(), 60_000);
      }
    });

    it('returns the size of a volume and the space it occupies', async () => {
      await using made = await open();
      await made.seed(image, content);
      await made.pool.ensureCloned(image, disk, { sizeBytes: 64 * MiB });
      const stat = await made.pool.stat(disk);
      expect(stat?.sizeBytes).to.equal(64 * MiB);
      expect(stat?.usedBytes).to.be.within(MiB, 8 * MiB);
    });

    it('returns undefined for a volume that does not exist', async () => {
      await using made = await open();
      expect(await made.pool.stat(disk)).to.be.undefined;
    });

    for (const id of [
      'short',
      '../../../etc/passwd',
      'Upper-Case',
      'with space',
      'a'.repeat(81),
      'line\nbreak-1',
      '',
    ]) {
      it(`makes no path from the id ${JSON.stringify(id)}`, async () => {
        await using made = await open();
        expect(() => made.pool.path({ kind: 'disk', id })).to.throw(RangeError);
      });
    }
  });
}
