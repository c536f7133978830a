import { randomUUID } from 'node:crypto';

import { quoted } from '@patchbay/objects';

import type { Transaction } from '../catalog/catalog.js';
import { type ImageRecord, images, type ReadyImage } from '../catalog/tables.js';
import type { OperationContext } from '../concurrency/operation.js';
import { isSameSource, sourceName } from '../disks/import/source.js';
import { hashUpload } from '../disks/import/upload.js';
import type { ImportedImage, ImportOptions, ImportProgress, ImportSource } from '../disks/volume-pool.js';
import { storageError } from '../errors.js';
import type { ImageName } from '../names.js';
import { refuseNeededImage } from './image-lookup.js';
import type { OperationServices } from './operation-services.js';
import { imageResource } from './resources.js';

export interface ImportRequest {
  readonly name: ImageName;
  readonly source: ImportSource;
  readonly sha256?: string | undefined;
  /** Whether to take what has no image format for a raw disk, whatever it looks like. */
  readonly raw?: boolean | undefined;
}

/** An image that is there, or is being made. */
export type PresentImage = Exclude<ImageRecord, { state: 'deleting' }>;
type ImportOperation = OperationContext<ImportProgress>;

/** The operations by which images come and go. */
export class Images {
  readonly #services: OperationServices;

  constructor(services: OperationServices) {
    this.#services = services;
  }

  /**
   * Imports an image and yields its progress. An image that came from the same source stays as it is (of an upload the
   * bytes are compared by their checksum); where its file was lost, it is fetched again. Steps: write the intent;
   * import (the file appears when it is whole); write that it is ready. Failed, cancelled or cut short, it is undone.
   *
   * @throws RpcError `IMAGE_EXISTS`, `OPERATION_PENDING`, what the importer throws
   */
  import(request: ImportRequest, signal: AbortSignal): AsyncGenerator<ImportProgress, ReadyImage, undefined> {
    const { intents, catalog, log } = this.#services;
    const { name, source, sha256, raw } = request;
    // An upload is equal to no other, as nobody has seen its bytes yet.
    const from = typeof source === 'string' ? source : { upload: randomUUID() };
    return intents.follow<PresentImage, ReadyImage, ImportProgress>(
      {
        resources: [imageResource(name)],
        kind: 'import',
        parameters: { from, sha256, raw },
        intend: async (tx) => ({ carryOut: await this.#intend(tx, request) }),
        carryOut: async (intent, operation) => {
          if (intent.state === 'ready') {
            await this.#again(intent, request, operation);
            return intent;
          }
          const content = await this.#fetch(intent.id, source, { sha256, raw }, operation);
          const ready: ReadyImage = { ...intent, state: 'ready', content };
          await catalog.transact((tx) => {
            tx.put(images, name, ready);
          });
          log.info('imported an image', { image: name, imageId: intent.id, ...content });
          return ready;
        },
      },
      signal,
    );
  }

  /**
   * Deletes an image; fine when there is none. Reports whether there was. Steps: write the decision, refused while
   * something needs the image; remove the file; forget the image. Cut short, it is finished.
   *
   * @throws RpcError `IMAGE_HAS_CLONES`, `IMAGE_HAS_SNAPSHOTS`, `OPERATION_PENDING`
   */
  delete(name: ImageName, signal: AbortSignal): Promise<boolean> {
    const { intents, log } = this.#services;
    const resource = imageResource(name);
    return intents.run<null, boolean>(
      {
        resources: [resource],
        kind: 'delete',
        parameters: {},
        intend: async (tx) => {
          const record = await tx.get(images, name);
          if (record === undefined) {
            return { done: false };
          }
          await refuseNeededImage(tx, name, record.id, intents);
          tx.put(images, name, { ...record, state: 'deleting' });
          return { carryOut: null };
        },
        carryOut: async () => {
          await intents.recover([resource]);
          log.info('deleted an image', { image: name });
          return true;
        },
      },
      signal,
    );
  }

  #fetch(
    id: string,
    source: ImportSource,
    options: Omit<ImportOptions, 'signal'>,
    operation: ImportOperation,
  ): Promise<ImportedImage> {
    const { signal } = operation;
    const { importer } = this.#services;
    return reportAll(importer.importImage({ kind: 'image', id }, source, { ...options, signal }), operation);
  }

  /** Imports an image that is there once more: puts a lost file back, and makes sure that an upload is the same. */
  async #again(
    image: ReadyImage,
    { source, sha256, raw }: ImportRequest,
    operation: ImportOperation,
  ): Promise<void> {
    const { pool, log, clock } = this.#services;
    if ((await pool.stat({ kind: 'image', id: image.id })) === undefined) {
      log.warn('importing an image again, as its file was lost', { image: image.name, imageId: image.id });
      await this.#fetch(image.id, source, { sha256: image.content.sha256, raw }, operation);
      return;
    }
    if (typeof source === 'string' || sha256 !== undefined) {
      return; // what was to be compared was compared already
    }
    const found = await reportAll(hashUpload(source, { clock, signal: operation.signal }), operation);
    if (found !== image.content.sha256) {
      throw imageExists(image, { sha256: image.content.sha256 });
    }
  }

  /** Writes the intended image, or returns the one that is there if it may be the same. */
  async #intend(tx: Transaction, { name, source, sha256 }: ImportRequest): Promise<PresentImage> {
    const { admission, clock } = this.#services;
    const record = await tx.get(images, name);
    if (record?.state === 'ready') {
      const differs = {
        ...(isSameSource(record.source, source) ? {} : { source: record.source }),
        ...(sha256 === undefined || [record.content.sha256, record.content.unpackedSha256].includes(sha256)
          ? {}
          : { sha256: record.content.sha256 }),
      };
      if (Object.keys(differs).length > 0) {
        throw imageExists(record, differs);
      }
      return record;
    }
    await admission.requireRoom();
    const intent = {
      id: randomUUID(),
      name,
      source: sourceName(source),
      tags: [],
      createdAtMs: clock.now(),
      state: 'creating' as const,
    };
    tx.put(images, name, intent);
    return intent;
  }
}

async function reportAll<T>(
  steps: AsyncGenerator<ImportProgress, T, undefined>,
  operation: ImportOperation,
): Promise<T> {
  for (;;) {
    const step = await steps.next();
    if (step.done === true) {
      return step.value;
    }
    operation.report(step.value);
  }
}

/** Returns the `IMAGE_EXISTS` of an image. @param differs - what it has and the request has not */
export function imageExists({ name, source, content }: ReadyImage, differs: Record<string, unknown>): Error {
  const checksum = content.sha256 === undefined ? '' : ` (SHA-256 ${content.sha256})`;
  return storageError(
    'IMAGE_EXISTS',
    `image "${name}" exists and is from ${quoted(source)}${checksum}; delete it first, or choose another name`,
    { details: { image: name, differs } },
  );
}
