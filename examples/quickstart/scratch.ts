import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const poolBytes = 2 * 1024 ** 3;

/** A directory for everything that the quickstart makes, with a pool in it; disposing of it leaves nothing. */
export class Scratch implements AsyncDisposable {
  readonly directory: string;
  readonly pool: string;
  // whether the pool is an XFS filesystem of its own
  #mounted: boolean;

  private constructor(directory: string, mounted: boolean) {
    this.directory = directory;
    this.pool = join(directory, 'pool');
    this.#mounted = mounted;
  }

  static async make(): Promise<Scratch> {
    const directory = await mkdtemp(join(tmpdir(), 'patchbay-quickstart-'));
    await mkdir(join(directory, 'pool'));
    return new Scratch(directory, await mountXfs(directory));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#mounted) {
      await run('umount', [this.pool]);
      this.#mounted = false;
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Mounts a sparse file as an XFS pool, where this user may. */
async function mountXfs(directory: string): Promise<boolean> {
  if (process.getuid?.() !== 0) {
    return false;
  }
  const file = join(directory, 'pool.xfs');
  const handle = await open(file, 'w');
  await handle.truncate(poolBytes);
  await handle.close();
  try {
    await run('mkfs.xfs', ['-q', '-m', 'reflink=1', file]);
    await run('mount', ['-o', 'loop', file, join(directory, 'pool')]);
    return true;
  } catch (error) {
    process.stdout.write(
      `(no XFS pool here, so clones are full copies: ${(error as Error).message.trim()})\n`,
    );
    return false;
  }
}

/** Gives a port of the loopback address that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}
