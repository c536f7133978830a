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

/** How full a pool is, in bytes. */
export interface PoolCapacity {
  /** The kind of filesystem, such as `xfs`. */
  readonly filesystem: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
  readonly freeBytes: number;
  /** Nothing new is taken in where more than this is used. */
  readonly highWaterBytes: number;
  /** False where the filesystem is mounted read-only. */
  readonly isWritable: boolean;
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
  /** As `stat`, of many: the pool itself is looked for once, which costs more than to look at a volume. */
  stats(volumes: readonly VolumeRef[]): Promise<readonly (VolumeStat | undefined)[]>;
  /**
   * Makes `target` a point-in-time copy of `source`, grown to `sizeBytes` where that is more; fine when it is
   * there already. @throws RpcError `POOL_FULL`, `VOLUME_MISSING`
   */
  ensureCloned(
    source: VolumeRef,
    target: VolumeRef,
    options?: { readonly sizeBytes?: number | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
  /** Says how full the pool is. @throws RpcError `POOL_UNAVAILABLE` */
  capacity(): Promise<PoolCapacity>;
  /**
   * Makes sure that the pool takes in something new, of which `neededBytes` are written at once.
   * @throws RpcError `POOL_HIGH_WATER`, `POOL_FULL`, `POOL_UNAVAILABLE`
   */
  requireRoom(neededBytes?: number): Promise<void>;
  /** Makes a volume at least this long; what is added reads as zeros. @throws RpcError `POOL_FULL`, `VOLUME_MISSING` */
  ensureSize(volume: VolumeRef, sizeBytes: number): Promise<void>;
  /** Puts `source` in the place of `target`, at once or not at all; fine when `source` is not there (any more). */
  ensureReplaced(target: VolumeRef, source: VolumeRef): Promise<void>;
  ensureRemoved(volume: VolumeRef): Promise<void>;
  /** Lists every volume here that carries our prefix. */
  list(): Promise<readonly { readonly volume: VolumeRef; readonly modifiedAtMs: number }[]>;
  /** Names what is here and not ours, as a path in the pool; absent where others may have things here too. */
  foreign?(): Promise<readonly string[]>;
  /**
   * Removes what interrupted work left behind, temporary files older than `olderThanMs` milliseconds, and gives their
   * number; with `dryRun` it only counts them.
   */
  removeTemporaries(olderThanMs: number, options?: { readonly dryRun?: boolean }): Promise<number>;
}

/** How a source becomes an image: it comes over the network, or is read on this host; then it is made raw. */
export const importPhases = ['download', 'upload', 'read', 'convert'] as const;

/** What an import tells on its way. */
export interface ImportProgress {
  readonly phase: (typeof importPhases)[number];
  readonly doneBytes: number;
  /** Undefined when the source does not tell its length. */
  readonly totalBytes?: number | undefined;
}

/** What an image is imported from: a text that names it, or its bytes, from where the caller is. */
export type ImportSource = string | AsyncIterable<Buffer>;

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
    source: ImportSource,
    options: { readonly sha256?: string | undefined; readonly signal: AbortSignal },
  ): AsyncGenerator<ImportProgress, ImportedImage, undefined>;
}

/** The formats that an image is exported in. */
export const exportFormats = ['qcow2', 'raw'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** What an export tells on its way, besides the bytes. */
export interface ExportProgress {
  /** `convert`: nothing is sent yet. */
  readonly phase: 'convert' | 'send';
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** What an export gave. */
export interface ExportedImage {
  /** How many bytes were sent. */
  readonly sentBytes: number;
  /** Of these bytes, hexadecimal. */
  readonly sha256: string;
}

/** Gives image volumes as files of other formats. */
export interface ImageExporter {
  /** Yields the file's bytes in their order, and how far it is. @throws RpcError `VOLUME_MISSING`, `POOL_FULL` */
  exportImage(
    volume: VolumeRef,
    format: ExportFormat,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array | ExportProgress, ExportedImage, undefined>;
}
