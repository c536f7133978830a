/** The unit in which disks are written and compared. */
export const blockBytes = 64 * 1024;

/**
 * What the blocks of a volume may be filled with: each with one byte, or, where a write was not acknowledged, with one of
 * several, sector by sector.
 */
export class Contents {
  #blocks: (readonly number[])[];
  /** How large the volume is at least, in bytes. */
  #leastBytes: number;

  private constructor(blocks: (readonly number[])[], leastBytes: number) {
    this.#blocks = blocks;
    this.#leastBytes = leastBytes;
  }

  static filledWith(byte: number, sizeBytes: number): Contents {
    return new Contents(Array<readonly number[]>(sizeBytes / blockBytes).fill([byte]), sizeBytes);
  }

  get leastBytes(): number {
    return this.#leastBytes;
  }

  copy(): Contents {
    return new Contents([...this.#blocks], this.#leastBytes);
  }

  /** Notes that a block may be filled with a byte from now on. */
  writing(block: number, byte: number): void {
    this.#blocks[block] = [...new Set([...(this.#blocks[block] ?? [0]), byte])];
  }

  /** Notes that a write was acknowledged. */
  wrote(block: number, byte: number): void {
    this.#blocks[block] = [byte];
  }

  /** Notes that the volume may have grown, or has. */
  grow(sizeBytes: number, acknowledged: boolean): void {
    while (this.#blocks.length * blockBytes < sizeBytes) {
      this.#blocks.push([0]);
    }
    this.#leastBytes = acknowledged ? Math.max(this.#leastBytes, sizeBytes) : this.#leastBytes;
  }

  /** Notes that the volume has the contents of another, no smaller than it was; or, unacknowledged, may have them. */
  become(other: Contents, acknowledged: boolean): void {
    this.#blocks = this.#blocks.map((own, at) => {
      const others = other.#blocks[at] ?? [0];
      return acknowledged ? others : [...new Set([...own, ...others])];
    });
  }

  /** Returns blocks of which is known what they are filled with, the first of each byte. */
  known(): readonly { readonly block: number; readonly byte: number }[] {
    const found = new Map<number, number>();
    const least = this.#leastBytes / blockBytes;
    for (const [block, bytes] of this.#blocks.slice(0, least).entries()) {
      const [byte, ...more] = bytes;
      if (byte !== undefined && more.length === 0 && !found.has(byte)) {
        found.set(byte, block);
      }
    }
    return [...found].map(([byte, block]) => ({ block, byte }));
  }

  /** Describes how bytes differ from what they may be; undefined if they do not. */
  difference(bytes: Buffer): string | undefined {
    if (bytes.length < this.#leastBytes) {
      return `has ${String(bytes.length)} bytes, not ${String(this.#leastBytes)}`;
    }
    for (let block = 0; block * blockBytes < bytes.length; block += 1) {
      const found = bytes.subarray(block * blockBytes, (block + 1) * blockBytes);
      const may = this.#blocks[block] ?? [0];
      if (!isFilled(found, may)) {
        const values = [...new Set(found)].slice(0, 4).join(' and ');
        return `has ${values} in block ${String(block)}, not ${may.join(' or ')}`;
      }
    }
    return undefined;
  }
}

const sectorBytes = 512;

function isFilled(bytes: Buffer, may: readonly number[]): boolean {
  if (may.some((byte) => bytes.equals(Buffer.alloc(bytes.length, byte)))) {
    return true;
  }
  if (may.length === 1) {
    return false;
  }
  for (let at = 0; at < bytes.length; at += sectorBytes) {
    const sector = bytes.subarray(at, at + sectorBytes);
    if (!may.some((byte) => sector.equals(Buffer.alloc(sector.length, byte)))) {
      return false;
    }
  }
  return true;
}
