import { masked } from '@patchbay/objects/define';

const replacement = Buffer.from(masked);
const nothing = Buffer.alloc(0);

/** From the first byte to the one that follows the last. */
type Span = readonly [start: number, end: number];

/**
 * Masks secrets in a stream of bytes, exactly as they are, also where they come in pieces: the last bytes are held back,
 * one fewer than the longest secret has. Secrets that overlap are masked as one.
 */
export class SecretMask {
  readonly #secrets: readonly Buffer[];
  readonly #longest: number;
  #held: Buffer = nothing;
  /** How many of the bytes that are held back belong to a secret that was masked already. */
  #covered = 0;

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets.filter((secret) => secret !== '').map((secret) => Buffer.from(secret));
    this.#longest = Math.max(1, ...this.#secrets.map(({ length }) => length));
  }

  /** Takes bytes; returns those that may be shown by now. */
  push(bytes: Uint8Array): Buffer {
    if (this.#secrets.length === 0) {
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    const all = Buffer.concat([this.#held, bytes]);
    return this.#release(all, Math.max(0, all.length - this.#longest + 1));
  }

  /** Returns the rest. */
  end(): Buffer {
    return this.#release(this.#held, this.#held.length);
  }

  /** Shows the first bytes, and holds back the others. */
  #release(all: Buffer, limit: number): Buffer {
    const shown: Buffer[] = [];
    let at = Math.min(this.#covered, limit);
    let coveredUntil = this.#covered;
    for (const [start, end] of this.#spansIn(all)) {
      if (start >= limit) {
        break;
      }
      if (start >= coveredUntil) {
        shown.push(all.subarray(at, start), replacement);
      }
      coveredUntil = Math.max(coveredUntil, end);
      at = Math.min(coveredUntil, limit);
    }
    shown.push(all.subarray(at, limit));
    this.#held = Buffer.from(all.subarray(limit));
    this.#covered = Math.max(0, coveredUntil - limit);
    return Buffer.concat(shown);
  }

  /** Returns where secrets are, in the order in which they begin. */
  #spansIn(all: Buffer): readonly Span[] {
    const spans: Span[] = [];
    for (const secret of this.#secrets) {
      for (let at = all.indexOf(secret); at !== -1; at = all.indexOf(secret, at + 1)) {
        spans.push([at, at + secret.length]);
      }
    }
    return spans.sort(([a], [b]) => a - b);
  }
}
