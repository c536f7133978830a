import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execTool } from '../exec.js';

/** A filesystem in a sparse file, mounted for a test; closing it unmounts and removes it. */
export interface LoopMount extends AsyncDisposable {
  readonly path: string;
  /** The file that it is in. */
  readonly image: string;
  /** Unmounts it early; the empty directory stays. */
  unmount(): Promise<void>;
  mountReadOnly(): Promise<void>;
  mountAgain(): Promise<void>;
  close(): Promise<void>;
}

/** Mounts a fresh XFS with reflinks. Its tools refuse less than 300 MiB. */
export function mountXfs(options: {
  readonly sizeBytes: number;
  /** The directory of the file; default: that of temporary files. */
  readonly directory?: string;
}): Promise<LoopMount> {
  return mountFresh(['mkfs.xfs', '-q', '-m', 'reflink=1'], options.sizeBytes, options.directory);
}

/** Mounts a fresh Btrfs. */
export function mountBtrfs(options: { readonly sizeBytes: number }): Promise<LoopMount> {
  return mountFresh(['mkfs.btrfs', '-q'], options.sizeBytes);
}

/** Mounts a fresh ext4, which has no reflinks. */
export function mountExt4(options: { readonly sizeBytes: number }): Promise<LoopMount> {
  return mountFresh(['mkfs.ext4', '-q'], options.sizeBytes);
}

async function mountFresh(
  [mkfs = '', ...args]: readonly string[],
  sizeBytes: number,
  directory = tmpdir(),
): Promise<LoopMount> {
  const scratch = await mkdtemp(join(directory, 'patchbay-loop-'));
  const image = join(scratch, 'filesystem');
  const path = join(scratch, 'mount');
  let mounted = false;
  const mount = async (options: string): Promise<void> => {
    await execTool('mount', ['-o', options, image, path]);
    mounted = true;
  };
  const unmount = async (): Promise<void> => {
    if (mounted) {
      await execTool('umount', [path]);
      mounted = false;
    }
  };
  const close = async (): Promise<void> => {
    await unmount();
    await rm(scratch, { recursive: true, force: true });
  };
  try {
    await writeFile(image, '', { flag: 'wx' });
    await truncate(image, sizeBytes);
    await mkdir(path);
    await execTool(mkfs, [...args, image]);
    await mount('loop');
  } catch (error) {
    await close();
    throw error;
  }
  return {
    path,
    image,
    unmount,
    mountReadOnly: () => mount('loop,ro'),
    mountAgain: () => mount('loop'),
    close,
    [Symbol.asyncDispose]: close,
  };
}
