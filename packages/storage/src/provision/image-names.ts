import type { Catalog, CatalogReader } from '../catalog/catalog.js';
import { type DiskRecord, type ImageRecord, images, trash } from '../catalog/tables.js';

const batch = 50;

type ImageReference = Pick<DiskRecord, 'imageId'> & Partial<Pick<DiskRecord, 'image'>>;

/** Returns a function that names the image of a disk or a snapshot; an image that is gone as it was called last. */
export async function readImageNames(reader: CatalogReader): Promise<(of: ImageReference) => string> {
  const names = new Map((await reader.list(images)).map(({ value }) => [value.id, value.name]));
  return ({ imageId, image }) => names.get(imageId) ?? image ?? imageId;
}

/** Writes the name of an image that is being deleted into the disks in the trash that came from it. */
export async function keepImageName(catalog: Catalog, { id, name }: ImageRecord): Promise<void> {
  let written: number;
  do {
    written = await catalog.transact(async (tx) => {
      const nameless = (await tx.list(trash))
        .filter(({ value: { disk } }) => disk.imageId === id && disk.image !== name)
        .slice(0, batch);
      for (const { key, value } of nameless) {
        tx.put(trash, key, { ...value, disk: { ...value.disk, image: name } });
      }
      return nameless.length;
    });
  } while (written === batch);
}
