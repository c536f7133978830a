import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const mib = 1024 ** 2;

/** A disk that can be loaded: how `qemu-img` opens it, and the file that it is in. */
export interface LoadedDisk {
  readonly open: readonly string[];
  readonly file: string;
}

/** A kind of load: what each disk is asked for. */
export interface Load {
  readonly name: string;
  /** Whether the figure is bytes or requests per second. */
  readonly unit: 'MiB/s' | 'requests/s';
  /** The arguments of `qemu-img bench`, except for the count. */
  readonly args: readonly string[];
  readonly requestBytes: number;
  /** How many requests there are together. */
  readonly requests: number;
  /** Whether nothing of the disks is in the page cache at the beginning. */
  readonly isCold: boolean;
}

const sequential = { unit: 'MiB/s', requestBytes: mib } as const;
const random = { unit: 'requests/s', requestBytes: 4096 } as const;
const large = ['-s', '1M', '-d', '4'];
/** From request to request it goes on by an odd multiple of 4 KiB, so that neighbours are far apart in time. */
const scattered = ['-s', '4k', '-S', String(4096 * 4099)];

export const loads: readonly Load[] = [
  { ...sequential, name: 'read, cold', args: large, requests: 32, isCold: true },
  { ...sequential, name: 'read, warm', args: large, requests: 192, isCold: false },
  { ...sequential, name: 'write', args: [...large, '-w'], requests: 192, isCold: false },
  { ...random, name: 'read, cold', args: [...scattered, '-d', '32'], requests: 1024, isCold: true },
  { ...random, name: 'read, warm', args: [...scattered, '-d', '32'], requests: 4096, isCold: false },
  { ...random, name: 'write', args: [...scattered, '-d', '32', '-w'], requests: 4096, isCold: false },
  {
    ...random,
    name: 'write and flush, one at a time',
    args: [...scattered, '-d', '1', '-w', '--flush-interval=1'],
    requests: 128,
    isCold: false,
  },
];

/**
 * Puts a load on disks, all at the same time, and returns bytes (in MiB) or requests per second, of all together.
 * @param below the file that the filesystem of the disks is in, which has a page cache of its own
 */
export async function measureLoad(
  { unit, args, requestBytes, requests, isCold }: Load,
  disks: readonly LoadedDisk[],
  below: string,
): Promise<number> {
  const each = Math.ceil(requests / disks.length);
  if (isCold) {
    for (const file of [...disks.map((disk) => disk.file), below]) {
      await evict(file);
    }
  }
  const seconds = await Promise.all(
    disks.map(async ({ open }) => {
      const { stdout } = await run('qemu-img', [
        'bench',
        ...open,
        '-t',
        'writeback',
        '-c',
        String(each),
        ...args,
      ]);
      const [, text] = /Run completed in ([\d.]+) seconds/.exec(stdout) ?? [];
      if (text === undefined) {
        throw new Error(`qemu-img bench did not complete: ${stdout}`);
      }
      return Number(text);
    }),
  );
  const perSecond = (each * disks.length) / Math.max(...seconds);
  return unit === 'MiB/s' ? (perSecond * requestBytes) / mib : perSecond;
}

/** Drops a file from the page cache, after writing what of it is dirty. */
async function evict(file: string): Promise<void> {
  await run('dd', [`of=${file}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none']);
}
