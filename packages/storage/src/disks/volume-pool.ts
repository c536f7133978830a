import type { Hole } from '@patchbay/objects';

/** What a volume holds; each kind has its own directory (or pool). An orphan had no record and was set aside. */
export type VolumeKind = 'image' | 'disk' | 'snapshot' | 'orphan';

/** Identifies a volume: its kind and the id that the catalog assigned. */
export interface VolumeRef {
  readonly kind: VolumeKind;
  readonly id: string;
}

/** A volume's sizes. */
export interface VolumeStat {
  /** The size that an initiator sees, in bytes. */
  readonly sizeBytes: number;
  /** The space that it occupies, in bytes; blocks shared with a clone count for each. */
  readonly usedBytes: number;
}

/** The capacity and usage of a pool, in bytes. */
export interface PoolCapacity {
  /** The type of the filesystem, such as `xfs`. */
  readonly filesystem: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
  readonly freeBytes: number;
  /** Above this usage nothing new is accepted. */
  readonly highWaterBytes: number;
  /** False if the filesystem is mounted read-only. */
  readonly isWritable: boolean;
}

/**
 * Stores volumes. Names derive from the catalog's ids, never from users. Every `ensure` method is idempotent, and a
 * volume appears under its name only when it is complete.
 */
export interface VolumePool {
  /**
   * Whether a clone shares its source's blocks: then it is instant, takes no space, and is a point-in-time copy even
   * while the source is written. Otherwise nobody may write the source meanwhile.
   */
  readonly copyOnWrite: boolean;
  /** Returns the absolute path of a volume, for the target daemon. */
  path(volume: VolumeRef): string;
  stat(volume: VolumeRef): Promise<VolumeStat | undefined>;
  /** As `stat`, of many volumes: the pool is checked only once, which costs more than the `stat` of a volume. */
  stats(volumes: readonly VolumeRef[]): Promise<readonly (VolumeStat | undefined)[]>;
  /**
   * Creates `target` as a point-in-time copy of `source`, grown to `sizeBytes` if that is more; does nothing if it
   * already exists. @throws RpcError `POOL_FULL`, `VOLUME_MISSING`
   */
  ensureCloned(
    source: VolumeRef,
    target: VolumeRef,
    options?: { readonly sizeBytes?: number | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
  /** Returns the capacity and usage of the pool. @throws RpcError `POOL_UNAVAILABLE` */
  capacity(): Promise<PoolCapacity>;
  /**
   * Asserts that the pool accepts something new, of which `neededBytes` are written at once.
   * @throws RpcError `POOL_HIGH_WATER`, `POOL_FULL`, `POOL_UNAVAILABLE`
   */
  requireRoom(neededBytes?: number): Promise<void>;
  /** Grows a volume to at least this size; the new part reads as zeros. @throws RpcError `POOL_FULL`, `VOLUME_MISSING` */
  ensureSize(volume: VolumeRef, sizeBytes: number): Promise<void>;
  /**
   * Moves `source` to the place of `target`, which it replaces atomically if it exists; does nothing if `source` does
   * not exist (any more).
   */
  ensureReplaced(target: VolumeRef, source: VolumeRef): Promise<void>;
  ensureRemoved(volume: VolumeRef): Promise<void>;
  /** Lists every volume in the pool that has our prefix. */
  list(): Promise<readonly { readonly volume: VolumeRef; readonly modifiedAtMs: number }[]>;
  /** Lists the files that are not ours, as paths in the pool; absent where the pool is shared with others. */
  foreign?(): Promise<readonly string[]>;
  /** Removes temporary files of interrupted work older than `olderThanMs`; returns their number; `dryRun` only counts. */
  removeTemporaries(olderThanMs: number, options?: { readonly dryRun?: boolean }): Promise<number>;
}

/** The phases of an import: the source is transferred over the network, or read; unpacked; and converted to raw. */
export const importPhases = ['download', 'upload', 'read', 'unpack', 'convert'] as const;

/** The progress of an import. */
export interface ImportProgress {
  readonly phase: (typeof importPhases)[number];
  readonly doneBytes: number;
  /** Undefined if the length of the source is not known. */
  readonly totalBytes?: number | undefined;
}

/** The bytes that a caller uploads; holes stand for zeros. */
export type Upload = AsyncIterable<Buffer | Hole>;

/** The source of an import: the text that names it, or its bytes, uploaded by the caller. */
export type ImportSource = string | Upload;

/**
 * What shows that a source is whole: the checksum that was given, of its bytes or of what was unpacked from them; the
 * checks of its compression or of its format; that its end was received,
 * which is a file's, an upload's, or that of a response with a length; or nothing: a web server that announced no length
 * closed the connection, as it does when it breaks off.
 */
export const verifiers = ['sha256', 'unpackedSha256', 'compression', 'format', 'end', 'nothing'] as const;

/** The result of an import. */
export interface ImportedImage {
  readonly sizeBytes: number;
  /** The SHA-256 of the source's bytes, hexadecimal; undefined if none was given and most of them are zeros. */
  readonly sha256?: string;
  /** How the source was compressed; undefined if it was not. */
  readonly compression?: string;
  /** The SHA-256 of what was unpacked from it, hexadecimal; undefined if it was not compressed, or as `sha256`. */
  readonly unpackedSha256?: string;
  readonly format: string;
  readonly verifiedBy: (typeof verifiers)[number];
}

/** The options of an import. */
export interface ImportOptions {
  /** The SHA-256 that the source, or what is unpacked from it, must have; hexadecimal, in lower case. */
  readonly sha256?: string | undefined;
  /** Whether to take what has no image format for a raw disk, whatever it looks like. */
  readonly raw?: boolean | undefined;
  readonly signal: AbortSignal;
}

/**
 * Creates image volumes from disk images in any format. A volume appears only when it is complete, read-only and, if a
 * checksum was given, verified; a cancelled or failed import leaves nothing behind.
 */
export interface ImageImporter {
  /**
   * Returns the SHA-256 that a caller gives, hexadecimal: its digits, a line of sha256sum, or the URL of such lines.
   * @throws RpcError `SOURCE_NOT_FOUND`, `SOURCE_UNAVAILABLE`, `SOURCE_REFUSED`
   */
  readChecksum(text: string, source: ImportSource, signal: AbortSignal): Promise<string>;
  /**
   * @throws RpcError `SOURCE_NOT_FOUND`, `SOURCE_UNAVAILABLE`, `SOURCE_REFUSED`, `SOURCE_CORRUPT`,
   * `CHECKSUM_MISMATCH`, `POOL_FULL`, `POOL_UNAVAILABLE`
   */
  importImage(
    target: VolumeRef,
    source: ImportSource,
    options: ImportOptions,
  ): AsyncGenerator<ImportProgress, ImportedImage, undefined>;
  /**
   * Reports whether an upload is what an image was imported from: a raw one has its bytes, any other its checksum.
   * @throws RpcError `VOLUME_MISSING`, `POOL_UNAVAILABLE`, `SOURCE_REFUSED`; what reading throws
   */
  compareUpload(
    image: VolumeRef,
    content: {
      readonly format: string;
      readonly compression?: string | undefined;
      readonly sha256?: string | undefined;
    },
    upload: Upload,
    signal: AbortSignal,
  ): AsyncGenerator<ImportProgress, boolean, undefined>;
  /**
   * Returns the SHA-256 of the raw source that an image was imported from, hexadecimal; another one if it is not
   * `expected`. @throws RpcError `VOLUME_MISSING`, `POOL_UNAVAILABLE`
   */
  hashImage(
    image: VolumeRef,
    expected: string,
    signal: AbortSignal,
  ): AsyncGenerator<ImportProgress, string, undefined>;
}

/** The formats that an image can be exported in. */
export const exportFormats = ['qcow2', 'raw'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** The progress of an export. */
export interface ExportProgress {
  /** `convert`: nothing has been sent yet. */
  readonly phase: 'convert' | 'send';
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** The result of an export. */
export interface ExportedImage {
  readonly sentBytes: number;
  /** The SHA-256 of these bytes, hexadecimal; undefined if it was not needed and most of them are holes. */
  readonly sha256?: string;
}

/** The options of an export. */
export interface ExportOptions {
  /** Whether holes may be sent in place of zeros. */
  readonly acceptsHoles: boolean;
  /** Whether to make the checksum also of what is mostly holes. */
  readonly needsHash: boolean;
  readonly signal: AbortSignal;
}

/** Exports image volumes as files of other formats. */
export interface ImageExporter {
  /** Yields the bytes of the file in order, and the progress. @throws RpcError `VOLUME_MISSING`, `POOL_FULL` */
  exportImage(
    volume: VolumeRef,
    format: ExportFormat,
    options: ExportOptions,
  ): AsyncGenerator<Uint8Array | Hole | ExportProgress, ExportedImage, undefined>;
}
