import { randomUUID } from 'node:crypto';

import { quoted } from '@patchbay/objects';

import type { Transaction } from '../catalog/catalog.js';
import { type ImageRecord, images, type ReadyImage } from '../catalog/tables.js';
import type { OperationContext } from '../concurrency/operation.js';
import { isSameSource, sourceName } from '../disks/import/source.js';
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
            return await this.#again(intent, request, operation);
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

  /** Imports an image that is there once more: puts a lost file back, and makes sure that the source is the same. */
  async #again(
    image: ReadyImage,
    { source, sha256, raw }: ImportRequest,
    operation: ImportOperation,
  ): Promise<ReadyImage> {
    const { pool, log, importer } = this.#services;
    const { content } = image;
    const volume = { kind: 'image', id: image.id } as const;
    if ((await pool.stat(volume)) === undefined) {
      log.warn('importing an image again, as its file was lost', { image: image.name, imageId: image.id });
      await this.#fetch(image.id, source, { sha256: content.sha256 ?? sha256, raw }, operation);
      return image;
    }
    if (sha256 !== undefined) {
      return hasChecksum(content, sha256) ? image : await this.#verify(image, sha256, operation);
    }
    if (typeof source !== 'string') {
      const comparing = importer.compareUpload(volume, content, source, operation.signal);
      if (!(await reportAll(comparing, operation))) {
        throw imageExists(image, { content: 'other bytes' });
      }
    }
    return image;
  }

  /** Makes the checksum of an image that was imported without one, as it is given now, and records it. */
  async #verify(image: ReadyImage, sha256: string, operation: ImportOperation): Promise<ReadyImage> {
    const { catalog, importer, log } = this.#services;
    const hashing = importer.hashImage({ kind: 'image', id: image.id }, sha256, operation.signal);
    const found = await reportAll(hashing, operation);
    const key = image.content.compression === undefined ? 'sha256' : 'unpackedSha256';
    if (found !== sha256) {
      throw imageExists({ ...image, content: { ...image.content, [key]: found } }, { [key]: found });
    }
    const verified = { [key]: sha256, verifiedBy: key } as const;
    const withChecksum = <T extends ReadyImage>(record: T): T => ({
      ...record,
      content: { ...record.content, ...verified },
    });
    await catalog.transact(async (tx) => {
      const record = await tx.get(images, image.name);
      if (record?.state === 'ready' && record.id === image.id) {
        tx.put(images, image.name, withChecksum(record)); // its tags may have changed meanwhile
      }
    });
    log.info('verified an image', { image: image.name, imageId: image.id, sha256 });
    return withChecksum(image);
  }

  /** Writes the intended image, or returns the one that is there if it may be the same. */
  async #intend(tx: Transaction, { name, source, sha256 }: ImportRequest): Promise<PresentImage> {
    const { admission, clock } = this.#services;
    const record = await tx.get(images, name);
    if (record?.state === 'ready') {
      const differs = {
        ...(isSameSource(record.source, source) ? {} : { source: record.source }),
        ...(sha256 === undefined || hasChecksum(record.content, sha256) || isUnverified(record.content)
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

function hasChecksum({ sha256, unpackedSha256 }: ReadyImage['content'], given: string): boolean {
  return [sha256, unpackedSha256].includes(given);
}

/** Reports whether an image may have any checksum: none was made of a raw disk that is mostly zeros. */
function isUnverified({ format, sha256, compression, unpackedSha256 }: ReadyImage['content']): boolean {
  return format === 'raw' && (compression === undefined ? sha256 : unpackedSha256) === undefined;
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
  const bytes = differs.content === undefined ? '' : ', with other bytes';
  return storageError(
    'IMAGE_EXISTS',
    `image "${name}" exists and is from ${quoted(source)}${checksum}${bytes}; delete it first, or choose another name`,
    { details: { image: name, differs } },
  );
}
