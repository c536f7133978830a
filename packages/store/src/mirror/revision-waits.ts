/** Those who wait for a revision. */
export class RevisionWaits {
  #reached = 0;
  /** In the order of their revisions. */
  #waiting: { readonly revision: number; readonly resolve: () => void }[] = [];

  /** Waits until a revision has been reached. */
  for(revision: number): Promise<void> | undefined {
    if (revision <= this.#reached) {
      return undefined;
    }
    return new Promise((resolve) => {
      const before = this.#waiting.findLastIndex((each) => each.revision <= revision);
      this.#waiting.splice(before + 1, 0, { revision, resolve });
    });
  }

  reach(revision: number): void {
    this.#reached = revision;
    const later = this.#waiting.findIndex((each) => each.revision > revision);
    for (const { resolve } of this.#waiting.splice(0, later === -1 ? this.#waiting.length : later)) {
      resolve();
    }
  }
}
