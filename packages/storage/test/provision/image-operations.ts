import { images } from '../../src/catalog/tables.js';
import { type RealFiles } from '../fakes/real-files.js';

/** The operations on images that a process is killed in. `base` is there before. */
export const imageOperations = {
  import: ({ machine }, directory) => machine.import('new', `server:${directory}/a.qcow2`),
  copy: ({ machine }) => machine.copyImage('base', 'new'),
  promotion: ({ machine }) => machine.promote('keeper', 's', 'new'),
  delete: ({ machine }) => machine.deleteImage('base'),
  export: async ({ machine }) => {
    const { parts } = machine;
    const [found] = await parts.catalog.list(images);
    const volume = { kind: 'image' as const, id: found?.value.id ?? '' };
    const sending = parts.exporter.exportImage(volume, 'qcow2', new AbortController().signal);
    while ((await sending.next()).done !== true);
  },
} satisfies Record<string, (files: RealFiles, directory: string) => Promise<unknown>>;

export type ImageOperation = keyof typeof imageOperations;

export function isImageOperation(name: string): name is ImageOperation {
  return Object.hasOwn(imageOperations, name);
}
