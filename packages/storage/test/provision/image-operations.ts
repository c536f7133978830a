import { images } from '../../src/catalog/tables.js';
import { type RealFiles } from '../fakes/real-files.js';

/** The operations on images that a process is killed in. `base` is there before. */
export const imageOperations = {
  'import of a raw file': ({ machine }, directory) => machine.import('new', `server:${directory}/a.raw`),
  'import of a qcow2': ({ machine }, directory) => machine.import('new', `server:${directory}/a.qcow2`),
  'import of an upload': ({ machine }, _directory, upload) => machine.import('new', upload),
  copy: ({ machine }) => machine.copyImage('base', 'new'),
  rename: ({ machine }) => machine.renameImage('base', 'new'),
  delete: ({ machine }) => machine.deleteImage('base'),
  export: async ({ machine }) => {
    const { parts } = machine;
    const [found] = await parts.catalog.list(images);
    const volume = { kind: 'image' as const, id: found?.value.id ?? '' };
    const sending = parts.exporter.exportImage(volume, 'qcow2', new AbortController().signal);
    while ((await sending.next()).done !== true);
  },
} satisfies Record<
  string,
  (files: RealFiles, directory: string, upload: AsyncIterable<Buffer>) => Promise<unknown>
>;

export type ImageOperation = keyof typeof imageOperations;

export function isImageOperation(name: string): name is ImageOperation {
  return Object.hasOwn(imageOperations, name);
}
