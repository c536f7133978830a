/** What a volume is for; each kind has a directory (or a pool) of its own. */
export type VolumeKind = 'image' | 'disk' | 'snapshot';

/** A volume: its kind and the id that the catalog gave it. */
export interface VolumeRef {
  readonly kind: VolumeKind;
  readonly id: string;
}

/** A volume's sizes. */
export interface VolumeStat {
  /** What an initiator sees, in bytes. */
  readonly sizeBytes: number;
  /** What it occupies, in bytes; blocks shared with a clone count for each. */
  readonly usedBytes: number;
}

/**
 * The place where volumes live. Names come from the catalog's ids, never from users. Every `ensure` looks,
 * acts and looks again, and a volume appears under its name only when it is whole.
 */
export interface VolumePool {
  /**
   * Whether a clone shares its source's blocks, so that it is instant and costs nothing, and is a point in time
   * also while the source is written. Where it is not, nobody may write the source meanwhile.
   */
  readonly copyOnWrite: boolean;
  /** The absolute path of a volume, for the target tool. */
  path(volume: VolumeRef): string;
  stat(volume: VolumeRef): Promise<VolumeStat | undefined>;
  /**
   * Makes `target` a point-in-time copy of `source`, grown to `sizeBytes` where that is more; fine when it is
   * there already. @throws RpcError `POOL_FULL`, `VOLUME_MISSING`
   */
  ensureCloned(
    source: VolumeRef,
    target: VolumeRef,
    options?: { readonly sizeBytes?: number | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
  ensureRemoved(volume: VolumeRef): Promise<void>;
  /** Lists every volume here that carries our prefix. */
  list(): Promise<readonly { readonly volume: VolumeRef; readonly modifiedAtMs: number }[]>;
  /** Removes what interrupted work left behind: temporary files older than `olderThanMs` milliseconds. */
  removeTemporaries(olderThanMs: number): Promise<number>;
}

/** What an import tells on its way. */
export interface ImportProgress {
  /** `download`: the source is fetched, or read where it is a file, for its checksum. */
  /** A file on the server's host is read where a URL is downloaded: for its checksum. */
  readonly phase: 'download' | 'read' | 'convert';
  readonly doneBytes: number;
  /** Undefined when the source does not tell its length. */
  readonly totalBytes?: number | undefined;
}

/** What an import made. */
export interface ImportedImage {
  readonly sizeBytes: number;
  /** Of the source's bytes, hexadecimal. */
  readonly sha256: string;
  readonly format: string;
}

/**
 * Makes image volumes out of disk images in any format. The volume appears only when it is whole, read-only
 * and (where a checksum was given) verified; cancelled or failed, nothing is left.
 */
export interface ImageImporter {
  /**
   * @throws RpcError `SOURCE_NOT_FOUND`, `SOURCE_UNAVAILABLE`, `SOURCE_REFUSED`, `SOURCE_CORRUPT`,
   * `CHECKSUM_MISMATCH`, `POOL_FULL`, `POOL_UNAVAILABLE`
   */
  importImage(
    target: VolumeRef,
    source: string,
    options: { readonly sha256?: string | undefined; readonly signal: AbortSignal },
  ): AsyncGenerator<ImportProgress, ImportedImage, undefined>;
}
