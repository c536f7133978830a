import type { Change, Store } from '@patchbay/store';

/** Follows a watch in the background and keeps what it yields, a commit's changes together. */
export class Watching implements AsyncDisposable {
  readonly commits: (readonly Change[])[] = [];
  readonly #ended = new AbortController();
  readonly #loop: Promise<void>;

  constructor(store: Store, options: { readonly prefix: string; readonly fromRevision?: number }) {
    const watch = store.watch({ ...options, signal: this.#ended.signal });
    this.#loop = (async () => {
      for await (const changes of watch) {
        this.commits.push(changes);
      }
    })();
  }

  /** What has been seen, as `put KEY=VALUE` and `delete KEY`, a commit's changes joined by commas. */
  get told(): readonly string[] {
    return this.commits.map((changes) => changes.map(inWords).join(', '));
  }

  /** Resolves when the watch has ended, by itself or by an error. */
  get ended(): Promise<void> {
    return this.#loop;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#loop;
  }
}

function inWords({ type, entry }: Change): string {
  return type === 'put' ? `put ${entry.key}=${entry.value}` : `delete ${entry.key}`;
}
