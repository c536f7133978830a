import { statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

import type { Clock } from '../clock.js';
import { isRpcError } from '../errors/rpc-error.js';
import type { Log } from '../log.js';
import { PeriodicTask } from '../periodic-task.js';

/** What follows files. */
export interface FollowedFilesOptions<T> {
  /** The files that are looked at; links are followed. */
  readonly paths: readonly string[];
  /** Reads all of them, or throws what is wrong with them. */
  readonly read: () => T;
  /** Called with what was read where that differs from before. */
  readonly onChange: (value: T) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** How often the files are looked at, in milliseconds. */
export const lookMs = 5_000;

/**
 * What files have: read again when they change, by whatever way (written, renamed, a link that leads elsewhere), or when
 * asked. Files that cannot be used change nothing.
 */
export class FollowedFiles<T> implements AsyncDisposable {
  readonly #options: FollowedFilesOptions<T>;
  readonly #task: PeriodicTask;
  #current: T;
  #seen: string;
  /** Why what is there now cannot be used. */
  #trouble: string | undefined;

  private constructor(options: FollowedFilesOptions<T>) {
    this.#options = options;
    this.#seen = statesOf(options.paths); // before they are read: a change meanwhile is seen at the next look
    this.#current = options.read();
    this.#task = PeriodicTask.start({
      clock: options.clock,
      background: true,
      delayMs: lookMs,
      run: () => {
        this.#look();
        return Promise.resolve(lookMs);
      },
    });
  }

  /** Reads the files, and starts to follow them. @throws what `read` throws */
  static open<T>(options: FollowedFilesOptions<T>): FollowedFiles<T> {
    return new FollowedFiles(options);
  }

  /** What was last read. */
  get current(): T {
    return this.#current;
  }

  /** Reads the files now, and reports whether they changed. @throws what `read` throws */
  reload(): boolean {
    this.#seen = statesOf(this.#options.paths);
    const next = this.#options.read();
    this.#trouble = undefined;
    if (isDeepStrictEqual(next, this.#current)) {
      return false;
    }
    this.#current = next;
    this.#options.onChange(next);
    return true;
  }

  /** Follows the files no longer. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#task.close();
  }

  #look(): void {
    const { paths, log } = this.#options;
    // What cannot be used may be good without a change, as when its time begins.
    if (this.#trouble === undefined && statesOf(paths) === this.#seen) {
      return;
    }
    try {
      if (this.reload()) {
        log.info('put changed certificate files in force', { files: paths });
      }
    } catch (error) {
      const why = isRpcError(error) ? error.message : String(error);
      if (why !== this.#trouble) {
        log.warn('cannot use changed certificate files; the former certificate stays in force', {
          files: paths,
          why,
        });
      }
      this.#trouble = why;
    }
  }
}

function statesOf(paths: readonly string[]): string {
  return paths.map(stateOf).join('\n');
}

/** Returns what tells one state of a file from another. */
function stateOf(path: string): string {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = statSync(path);
    return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}
