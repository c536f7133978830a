/** A run of zeros in a stream of bytes, sent in their place: mostly a hole of a sparse file. */
export interface Hole {
  /** How many zeros it stands for: a safe integer above 0. */
  readonly hole: number;
}

/** The metadata of a call whose caller takes holes among the bytes that the method yields. */
export const acceptsHoles = { holes: 'accept' } as const;

/** Reports whether an item of a stream of bytes is a hole. */
export function isHole(item: unknown): item is Hole {
  const { hole } = (item ?? {}) as Partial<Hole>;
  return Number.isSafeInteger(hole) && (hole as number) > 0;
}

/** Yields the zeros that a hole stands for, in pieces of at most 256 KiB. */
export function* zerosOf({ hole }: Hole): Generator<Uint8Array, void, undefined> {
  const zeros = new Uint8Array(Math.min(hole, 256 * 1024));
  for (let left = hole; left > 0; left -= zeros.length) {
    yield left < zeros.length ? zeros.subarray(0, left) : zeros;
  }
}
