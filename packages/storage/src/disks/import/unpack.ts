import type { FileHandle } from 'node:fs/promises';

import type { Exec } from '../../exec.js';
import { HashedWriter } from './hashed-writer.js';
import { execLimited, type ToolLimits } from './limited-exec.js';
import type { ReportProgress } from './progress.js';
import { pathOfOpen } from './source-file.js';

/** The programs that unpack standard input, by what they unpack. Memory is limited by the last two, and by prlimit. */
const programs = {
  gzip: ['gzip', '-dc'],
  bzip2: ['bzip2', '-dc'],
  xz: ['xz', '-dc', '--format=xz', '--threads=1', '--memlimit-decompress=768MiB'],
  zstd: ['zstd', '-dcq', '--memory=768MB'],
} as const;

/** The compressions that are unpacked on the way. */
export type Compression = keyof typeof programs;

/** The first bytes of what is unpacked, as Latin-1 text, and where they are. */
const magics: readonly (readonly [Compression, string, number])[] = [
  ['gzip', '\x1f\x8b\x08', 0],
  ['bzip2', '1AY&SY', 4],
  ['bzip2', '\x17\x72\x45\x38\x50\x90', 4], // of nothing
  ['xz', '\xfd7zXZ\0', 0],
  ['zstd', '\x28\xb5\x2f\xfd', 0],
  ['zstd', '\x50\x2a\x4d\x18', 0], // a frame that is skipped, as pzstd writes first
];

const limits: ToolLimits = { memoryBytes: 2 ** 30 };
const roomEveryBytes = 16 * 1024 * 1024;

/** Returns how a file is compressed, by its first bytes. */
export async function compressionOf(file: FileHandle): Promise<Compression | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
  const head = buffer.toString('latin1', 0, bytesRead);
  return magics.find(([, magic, at]) => head.startsWith(magic, at))?.[0];
}

/**
 * Unpacks an open file to an empty one, sparsely. Returns the SHA-256 of the unpacked bytes, hexadecimal; undefined if it
 * is not needed and most of them are zeros.
 * @throws ExecError if it is damaged; RpcError `TOOL_MISSING`; what `assertSize` and `makeRoom` throw; the signal's reason
 */
export async function unpack(
  exec: Exec,
  compression: Compression,
  { from, to }: { readonly from: FileHandle; readonly to: FileHandle },
  options: {
    readonly needsHash: boolean;
    /** Throws for a size that exceeds the limit. */
    readonly assertSize: (sizeBytes: number) => void;
    /** Called now and then, before more is written. */
    readonly makeRoom: (neededBytes: number) => Promise<void>;
    readonly report: ReportProgress;
    readonly signal: AbortSignal;
  },
): Promise<string | undefined> {
  const { needsHash, signal } = options;
  const writer = new HashedWriter(to, { needsHash });
  let nextRoomAt = 0;
  await execLimited(exec, limits, programs[compression], {
    signal,
    timeoutMs: 0,
    inputFile: pathOfOpen(from),
    onStdout: async (piece) => {
      options.assertSize(writer.position + piece.length);
      if (writer.position >= nextRoomAt) {
        await options.makeRoom(piece.length);
        nextRoomAt = writer.position + roomEveryBytes;
      }
      await writer.write(piece);
      options.report(writer.position);
    },
  });
  return writer.finish();
}
