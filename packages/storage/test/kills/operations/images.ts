import type { Proxy } from '@patchbay/objects';

import type { Storage } from '../../../src/index.js';
import { bytesOf } from '../../fakes/world.js';
import type { OperationCase } from './operation.js';

/** Returns the operations on images. The image `ubuntu` and its node `keeper` are there before. */
export function imageOperations(): readonly OperationCase[] {
  return [
    {
      title: 'import_image',
      operation: (storage, { sources }) => storage.import_image('debian', sources.raw),
    },
    {
      title: 'import_image of a qcow2',
      operation: (storage, { sources }) => storage.import_image('debian', sources.qcow2),
    },
    {
      title: 'import_image of a URL',
      operation: (storage, { sources }) => storage.import_image('debian', sources.web),
    },
    {
      title: 'import_image of an upload',
      operation: (storage) => storage.import_image('debian', bytesOf('u'.repeat(512)), { raw: true }),
    },
    {
      title: 'import_image of what has no checksum yet',
      // Of a disk that nobody has written to, which has the checksum of its image.
      prepare: [
        (storage) => storage.provision('fresh', 'ubuntu'),
        (storage) => storage.create_snapshot('fresh', 'base'),
        (storage) => storage.promote_snapshot('fresh', 'base', 'golden'),
      ],
      operation: async (storage) => {
        const { sha256 } = await storage.show_image('ubuntu');
        return storage.import_image('golden', 'snapshot:fresh@base', { sha256 });
      },
    },
    { title: 'export_image', operation: (storage) => exportImage(storage, 'ubuntu'), isOfFiles: true },
    { title: 'copy_image', operation: (storage) => storage.copy_image('ubuntu', 'copy'), clones: true },
    {
      title: 'promote_snapshot',
      prepare: [(storage) => storage.create_snapshot('keeper', 'base')],
      operation: (storage) => storage.promote_snapshot('keeper', 'base', 'golden'),
    },
    {
      title: 'rename_image',
      prepare: [(storage) => storage.copy_image('ubuntu', 'copy')],
      operation: (storage) => storage.rename_image('copy', 'other'),
    },
    { title: 'tag_image', operation: (storage) => storage.tag_image('ubuntu', ['lts']) },
    {
      title: 'untag_image',
      prepare: [(storage) => storage.tag_image('ubuntu', ['lts'])],
      operation: (storage) => storage.untag_image('ubuntu', ['lts']),
    },
    {
      title: 'delete_image',
      prepare: [(storage, { sources }) => storage.import_image('debian', sources.raw)],
      operation: (storage) => storage.delete_image('debian'),
    },
  ];
}

async function exportImage(storage: Proxy<Storage>, name: string): Promise<void> {
  const sending = storage.export_image(name, 'qcow2')[Symbol.asyncIterator]();
  while ((await sending.next()).done !== true);
}
