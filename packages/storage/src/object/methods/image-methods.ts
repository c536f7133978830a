import { acceptsHoles as holesAccepted } from '@patchbay/objects';
import { arg, byteStream, method } from '@patchbay/objects/define';
import { z } from 'zod';

import { checksumPattern } from '../../disks/import/checksum.js';
import { isOnServer } from '../../disks/import/source.js';
import { exportFormats, importPhases } from '../../disks/volume-pool.js';
import { imageTag } from '../../names.js';
import { ImageCopies } from '../../provision/image-copies.js';
import { ImageLabels } from '../../provision/image-labels.js';
import { requireImage } from '../../provision/image-lookup.js';
import { Images } from '../../provision/images.js';
import { imageRow, imageView, viewImage, viewImages } from '../../views/image-view.js';
import type { StorageServices } from '../storage-services.js';
import { flag, image, newImage, node, snapshot, timeLimits } from './arguments.js';

const importProgress = z.object({
  phase: z.enum(importPhases),
  doneBytes: z.int(),
  totalBytes: z.int().optional(),
});

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'must be bytes');

const hole = z.object({ hole: z.int().positive().describe('how many zeros it stands for') });

const exportProgress = z.object({
  phase: z.enum(['convert', 'send']),
  doneBytes: z.int(),
  totalBytes: z.int(),
});

/** Whatever looks like a URL or `server:/PATH` is read as such; what does not may be meant as a file's path. */
const sourceText = z
  .string()
  .max(4096)
  .regex(/^[A-Za-z][A-Za-z0-9+.-]*:/, 'must be a URL or server:/PATH');

const tagList = arg('tags', z.array(imageTag).min(1), 'tags such as lts or os=debian');

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function imageMethods(services: StorageServices) {
  const { catalog, intents, importer, exporter } = services;
  const images = new Images(services);
  const copies = new ImageCopies(services);
  const labels = new ImageLabels(services);
  return {
    import_image: method({
      summary: 'Import a disk image; one imported from the same source stays as it is',
      args: [
        newImage,
        arg(
          'source',
          z.union([byteStream({ holes: true }), sourceText]).meta({ placeholder: 'SOURCE' }),
          "a file from where you are, as ./FILE, or - for standard input; an http(s) URL; or server:/PATH, a file of the server's host; raw, qcow2, vmdk, vdi, vhdx or vpc",
        ),
      ],
      options: {
        sha256: z
          .string()
          .max(4096)
          .regex(
            checksumPattern,
            'must be 64 hexadecimal digits, a line of sha256sum, or the URL of such lines',
          )
          .optional()
          .describe(
            'what the SHA-256 of the source, or of what is unpacked from it, must be: its digits, a line of sha256sum, or the URL of a file of such lines',
          ),
        raw: z
          .boolean()
          .default(false)
          .describe('take a source that is in no image format for a raw disk, whatever it looks like'),
      },
      yields: importProgress,
      returns: imageView,
      idempotent: true,
      timeoutMs: 'none',
      run: async function* (name, source, options, context) {
        const { signal } = context;
        if (isOnServer(source)) {
          context.requireAccess('administer'); // for what the host's files hold
        }
        const { raw, sha256: given } = options;
        const sha256 = given === undefined ? given : await importer.readChecksum(given, source, signal);
        return await viewImage(services, yield* images.import({ name, source, raw, sha256 }, signal));
      },
    }),
    export_image: method({
      summary: 'Export an image as a file: its bytes, and the progress',
      args: [
        image,
        arg('format', z.enum(exportFormats).default('qcow2'), "the file's format; default: qcow2"),
      ],
      options: {
        checksum: flag('make the SHA-256 also of an image that is mostly holes, which may take hours'),
      },
      yields: z.union([bytes, hole, exportProgress]),
      returns: z.object({
        name: z.string(),
        format: z.string(),
        sentBytes: z.int(),
        sha256: z
          .string()
          .optional()
          .describe('of the bytes that were sent; absent of what is mostly holes, without --checksum'),
      }),
      timeoutMs: 'none',
      run: async function* (name, format, { checksum: needsHash }, { metadata, signal }) {
        const { id } = await requireImage(catalog, name, intents);
        const acceptsHoles = metadata.holes === holesAccepted.holes;
        const options = { acceptsHoles, needsHash, signal };
        const sent = yield* exporter.exportImage({ kind: 'image', id }, format, options);
        return { name, format, ...sent };
      },
    }),
    list_all_images: method({
      summary: 'List the images, in the order of their names',
      access: 'view',
      options: {
        filter: z.string().min(1).optional().describe('only names that match this glob, with * and ?'),
        tag: z.array(imageTag).optional().describe('only images with this tag; of several, with all of them'),
        after: z.string().optional().describe('only names after this one, the last of the page before'),
        limit: z.int().min(1).max(10_000).optional().describe('how many at most; default: all'),
      },
      returns: z.array(imageRow),
      idempotent: true,
      run: ({ tag: tags, ...page }) => viewImages(services, { tags, ...page }),
    }),
    show_image: method({
      summary: 'Show an image: its size, checksum, tags, and where it came from',
      access: 'view',
      args: [image],
      returns: imageView,
      idempotent: true,
      run: async (name) => viewImage(services, await requireImage(catalog, name, intents)),
    }),
    copy_image: method({
      summary: 'Copy an image under another name; the copy does not need the original',
      args: [image, arg('to', newImage.schema, "the copy's name")],
      returns: imageView,
      idempotent: true,
      timeoutMs: timeLimits.copying,
      run: async (from, to, { signal }) => viewImage(services, await copies.copy(from, to, signal)),
    }),
    promote_snapshot: method({
      summary: "Make a new image from a snapshot of a node's disk; the image does not need the snapshot",
      args: [node, snapshot, newImage],
      returns: imageView,
      idempotent: true,
      timeoutMs: timeLimits.copying,
      run: async (node, name, image, { signal }) =>
        viewImage(services, await copies.promote(node, name, image, signal)),
    }),
    rename_image: method({
      summary: 'Rename an image; what was made from it stays as it is',
      args: [image, arg('to', newImage.schema, 'its new name')],
      returns: imageView,
      idempotent: true,
      run: async (from, to, { signal }) => viewImage(services, await labels.rename(from, to, signal)),
    }),
    tag_image: method({
      summary: 'Add tags to an image',
      args: [image, tagList],
      returns: imageView,
      idempotent: true,
      run: async (name, tags) => viewImage(services, await labels.tag(name, { add: tags })),
    }),
    untag_image: method({
      summary: 'Remove tags from an image; fine when it does not have them',
      args: [image, tagList],
      returns: imageView,
      idempotent: true,
      run: async (name, tags) => viewImage(services, await labels.tag(name, { remove: tags })),
    }),
    delete_image: method({
      summary: 'Delete an image; refused while disks or snapshots were made from it; fine when there is none',
      args: [image],
      destructive: true,
      returns: z.object({ name: z.string(), deleted: z.boolean() }),
      idempotent: true,
      timeoutMs: timeLimits.changing,
      run: async (name, { signal }) => ({ name, deleted: await images.delete(name, signal) }),
    }),
  };
}
