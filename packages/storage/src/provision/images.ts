import { randomUUID } from 'node:crypto';

import { quoted } from '@patchbay/objects';

import { type ImageRecord, images, type ReadyImage } from '../catalog/tables.js';
import { type OperationContext } from '../concurrency/operation.js';
import { isSameSource, sourceName } from '../disks/import/source.js';
import { hashUpload } from '../disks/import/upload.js';
import { type ImportedImage, type ImportProgress, type ImportSource } from '../disks/volume-pool.js';
import { storageError } from '../errors.js';
import { type ImageName } from '../names.js';
import { refuseNeededImage } from './image-needs.js';
import { imageThing, type Parts } from './parts.js';
import { settleImage } from './settle.js';
import { settleAfterFailure } from './settle-after-failure.js';

/** What an import is asked for. */
export interface ImportRequest {
  readonly name: ImageName;
  readonly source: ImportSource;
  readonly sha256?: string | undefined;
}

type ImageParts = Pick<
  Parts,
  'catalog' | 'pool' | 'admission' | 'importer' | 'operations' | 'exports' | 'clock' | 'log'
>;
type ImportOperation = OperationContext<ImportProgress>;

/** The operations by which images come and go. */
export class Images {
  readonly #parts: ImageParts;

  constructor(parts: ImageParts) {
    this.#parts = parts;
  }

  /**
   * Imports an image and yields how far it is. An image that came from the same source stays as it is (of an
   * upload the bytes are compared by their checksum); where its file was lost, it is fetched again. Steps: write
   * the intent; import (the file appears when it is whole); write that it is ready. Failed, cancelled or cut
   * short, it is undone.
   *
   * @throws RpcError `IMAGE_EXISTS`, `OPERATION_PENDING`, what the importer throws
   */
  import(request: ImportRequest, signal: AbortSignal): AsyncGenerator<ImportProgress, ReadyImage, undefined> {
    const { operations, catalog, log } = this.#parts;
    const { name, source, sha256 } = request;
    // An upload is equal to no other, whose bytes nobody has seen yet.
    const from = typeof source === 'string' ? source : { upload: randomUUID() };
    const work = { thing: imageThing(name), kind: 'import', parameters: { from, sha256 } };
    return operations.follow<ReadyImage, ImportProgress>(work, signal, async (operation) => {
      await settleImage(this.#parts, name);
      const intent = await this.#intend(request);
      if (intent.state === 'ready') {
        await this.#again(intent, request, operation);
        return intent;
      }
      try {
        const content = await this.#fetch(intent.id, source, sha256, operation);
        const ready: ReadyImage = { ...intent, state: 'ready', content };
        await catalog.transact((tx) => {
          tx.put(images, name, ready);
        });
        log.info('an image was imported', { image: name, imageId: intent.id, ...content });
        return ready;
      } catch (error) {
        await settleAfterFailure(log, imageThing(name), () => settleImage(this.#parts, name));
        throw error;
      }
    });
  }

  /**
   * Deletes an image; fine when there is none, and says whether there was. Steps: write the decision, refused
   * while something needs the image; remove the file; forget the image. Cut short, it is finished.
   *
   * @throws RpcError `IMAGE_HAS_CLONES`, `IMAGE_HAS_SNAPSHOTS`, `OPERATION_PENDING`
   */
  delete(name: ImageName, signal: AbortSignal): Promise<boolean> {
    const { operations, catalog, log } = this.#parts;
    const work = { thing: imageThing(name), kind: 'delete', parameters: {} };
    return operations.run(work, signal, async () => {
      await settleImage(this.#parts, name);
      const found = await catalog.transact(async (tx) => {
        const record = await tx.get(images, name);
        if (record !== undefined) {
          await refuseNeededImage(tx, name, record.id, operations);
          tx.put(images, name, { ...record, state: 'deleting' });
        }
        return record !== undefined;
      });
      await settleImage(this.#parts, name);
      if (found) {
        log.info('an image was deleted', { image: name });
      }
      return found;
    });
  }

  async #fetch(
    id: string,
    source: ImportSource,
    sha256: string | undefined,
    operation: ImportOperation,
  ): Promise<ImportedImage> {
    const { signal } = operation;
    const importing = this.#parts.importer.importImage({ kind: 'image', id }, source, { sha256, signal });
    for (;;) {
      const step = await importing.next();
      if (step.done === true) {
        return step.value;
      }
      operation.report(step.value);
    }
  }

  /** Imports an image once more that is there: puts a lost file back, and makes sure that an upload is the same. */
  async #again(
    image: ReadyImage,
    { source, sha256 }: ImportRequest,
    operation: ImportOperation,
  ): Promise<void> {
    const { pool, log, clock } = this.#parts;
    if ((await pool.stat({ kind: 'image', id: image.id })) === undefined) {
      log.warn('an image whose file was lost is imported again', { image: image.name, imageId: image.id });
      await this.#fetch(image.id, source, image.content.sha256, operation);
      return;
    }
    if (typeof source === 'string' || sha256 !== undefined) {
      return; // what was to be compared was compared already
    }
    const hashing = hashUpload(source, { clock, signal: operation.signal });
    let step = await hashing.next();
    while (step.done !== true) {
      operation.report(step.value);
      step = await hashing.next();
    }
    if (step.value !== image.content.sha256) {
      throw imageExists(image, { sha256: image.content.sha256 });
    }
  }

  /** Writes that the image shall be, or gives the one that is there if it may be the same. */
  #intend({ name, source, sha256 }: ImportRequest): Promise<Exclude<ImageRecord, { state: 'deleting' }>> {
    return this.#parts.catalog.transact(async (tx) => {
      const record = await tx.get(images, name);
      if (record?.state === 'ready') {
        const differs = {
          ...(isSameSource(record.source, source) ? {} : { source: record.source }),
          ...(sha256 === undefined || sha256.toLowerCase() === record.content.sha256
            ? {}
            : { sha256: record.content.sha256 }),
        };
        if (Object.keys(differs).length > 0) {
          throw imageExists(record, differs);
        }
        return record;
      }
      await this.#parts.admission.requireRoom();
      const intent = {
        id: randomUUID(),
        name,
        source: sourceName(source),
        tags: [],
        createdAtMs: this.#parts.clock.now(),
        state: 'creating' as const,
      };
      tx.put(images, name, intent);
      return intent;
    });
  }
}

/** Makes the `IMAGE_EXISTS` of an image. @param differs what it has that was asked for otherwise */
export function imageExists({ name, source, content }: ReadyImage, differs: Record<string, unknown>): Error {
  const checksum = content.sha256 === undefined ? '' : ` (SHA-256 ${content.sha256})`;
  return storageError(
    'IMAGE_EXISTS',
    `image "${name}" exists and is from ${quoted(source)}${checksum}; delete it first, or choose another name`,
    { details: { image: name, differs } },
  );
}
