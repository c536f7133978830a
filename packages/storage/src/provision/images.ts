import { randomUUID } from 'node:crypto';

import { quoted } from '@patchbay/core';

import { type ImageRecord, images, type ReadyImage } from '../catalog/tables.js';
import { type OperationContext } from '../concurrency/operation.js';
import { type ImportedImage, type ImportProgress } from '../disks/volume-pool.js';
import { storageError } from '../errors.js';
import { type ImageName } from '../names.js';
import { refuseNeededImage } from './image-needs.js';
import { imageThing, type Parts } from './parts.js';
import { settleImage } from './settle.js';

/** What an import is asked for. */
export interface ImportRequest {
  readonly name: ImageName;
  readonly source: string;
  readonly sha256?: string | undefined;
}

type ImageParts = Pick<Parts, 'catalog' | 'pool' | 'importer' | 'operations' | 'exports' | 'clock' | 'log'>;

/** The operations on images. */
export class Images {
  readonly #parts: ImageParts;

  constructor(parts: ImageParts) {
    this.#parts = parts;
  }

  /**
   * Imports an image and yields how far it is. An image that came from the same source stays as it is; where its
   * file was lost, it is fetched again. Steps: write the intent; import (the file appears when it is whole);
   * write that it is ready. Failed, cancelled or cut short, it is undone.
   *
   * @throws RpcError `IMAGE_EXISTS`, `OPERATION_PENDING`, what the importer throws
   */
  import(request: ImportRequest, signal: AbortSignal): AsyncGenerator<ImportProgress, ReadyImage, undefined> {
    const { operations, pool, catalog, log } = this.#parts;
    const { name, source, sha256 } = request;
    const work = { thing: imageThing(name), kind: 'import', parameters: { source, sha256 } };
    return operations.follow<ReadyImage, ImportProgress>(work, signal, async (operation) => {
      await settleImage(this.#parts, name);
      const intent = await this.#intend(request);
      if (intent.state === 'ready') {
        if ((await pool.stat({ kind: 'image', id: intent.id })) === undefined) {
          log.warn('an image whose file was lost is imported again', { image: name, imageId: intent.id });
          await this.#fetch(intent.id, source, intent.content.sha256, operation);
        }
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
        await this.#undo(name);
        throw error;
      }
    });
  }

  /**
   * Deletes an image; fine when there is none, and says whether there was. Steps: write the decision, refused
   * while a clone or snapshot needs the image; remove the file; forget the image. Cut short, it is finished.
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
          await refuseNeededImage(tx, name, record.id);
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
    source: string,
    sha256: string | undefined,
    operation: OperationContext<ImportProgress>,
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

  /** Writes that the image shall be, or gives the one that is there if it is the same. */
  #intend({ name, source, sha256 }: ImportRequest): Promise<Exclude<ImageRecord, { state: 'deleting' }>> {
    return this.#parts.catalog.transact(async (tx) => {
      const record = await tx.get(images, name);
      if (record?.state === 'ready') {
        const differs = {
          ...(record.source === source ? {} : { source: record.source }),
          ...(sha256 === undefined || sha256.toLowerCase() === record.content.sha256
            ? {}
            : { sha256: record.content.sha256 }),
        };
        if (Object.keys(differs).length > 0) {
          throw storageError(
            'IMAGE_EXISTS',
            `image "${name}" exists and is from ${quoted(record.source)} (SHA-256 ${record.content.sha256}); delete it first, or import under another name`,
            { details: { image: name, differs } },
          );
        }
        return record;
      }
      const intent = {
        id: randomUUID(),
        name,
        source,
        createdAtMs: this.#parts.clock.now(),
        state: 'creating' as const,
      };
      tx.put(images, name, intent);
      return intent;
    });
  }

  /** Undoes an import; what cannot be undone now, the reconciler will, for the record still says `creating`. */
  async #undo(name: ImageName): Promise<void> {
    try {
      await settleImage(this.#parts, name);
    } catch (error) {
      this.#parts.log.warn('an import could not be undone now; the reconciler will', { image: name, error });
    }
  }
}
