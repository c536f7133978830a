/** What is watched. */
export interface Watched<View> {
  /** Calls a listener after each change, until the returned function is called. */
  readonly onChange: (changed: () => void) => () => void;
  /** Returns it as it is now. */
  readonly view: () => Promise<View>;
  /** Waits before it is looked at again, as where people read. Default: not at all. */
  readonly pause?: () => Promise<unknown>;
}

/** Yields something as it is, then as it is after changes: of several that follow one another quickly, after the last. */
export async function* viewsOf<View>(
  { onChange, view, pause }: Watched<View>,
  signal: AbortSignal,
): AsyncGenerator<View, void, undefined> {
  let wake = (): void => undefined;
  let isStale = true;
  const stop = onChange(() => {
    isStale = true;
    wake();
  });
  const abort = (): void => {
    wake();
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    while (!signal.aborted) {
      if (isStale) {
        isStale = false;
        yield await view();
        await pause?.();
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    stop();
    signal.removeEventListener('abort', abort);
  }
}
