import { execFile } from 'node:child_process';
import type { Stats } from 'node:fs';

/** A part of a file, in bytes; `end` is exclusive. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

/** Below this many bytes of holes, reading them is faster than asking where they are. */
const minimumHoleBytes = 16 * 1024 * 1024;
const timeoutMs = 60_000;
const maxOutputBytes = 64 * 1024 * 1024;

/**
 * Returns the parts of an open regular file that may have other bytes than zeros, in order: all of it if it has hardly a
 * hole, or if they are not known. Node cannot seek holes, so `qemu-img` is asked, if it is there.
 */
export async function dataRanges(fd: number, { size, blocks }: Stats): Promise<readonly Range[]> {
  const all = [{ begin: 0, end: size }];
  if (size - blocks * 512 < minimumHoleBytes) {
    return all;
  }
  const text = await mapOf(fd);
  const ranges = text === undefined ? undefined : rangesIn(text, size);
  return ranges ?? all;
}

/** Returns the output of `qemu-img map` for an open file; undefined if it fails. */
function mapOf(fd: number): Promise<string | undefined> {
  // Named as a raw file, so that no format is probed and nothing else opened; unlocked, as nothing is written.
  const name = {
    driver: 'raw',
    file: { driver: 'file', filename: `/proc/${String(process.pid)}/fd/${String(fd)}` },
  };
  const args = ['map', '--force-share', '--output=json', `json:${JSON.stringify(name)}`];
  const options = { timeout: timeoutMs, maxBuffer: maxOutputBytes };
  return new Promise((resolve) => {
    execFile('qemu-img', args, options, (error, stdout) => {
      resolve(error === null ? stdout : undefined);
    });
  });
}

function rangesIn(text: string, size: number): readonly Range[] | undefined {
  const found = JSON.parse(text) as readonly {
    readonly start: number;
    readonly length: number;
    readonly zero: boolean;
  }[];
  const last = found.at(-1);
  if (last === undefined || last.start + last.length < size) {
    return undefined;
  }
  return found
    .filter(({ zero }) => !zero)
    .map(({ start, length }) => ({ begin: start, end: Math.min(start + length, size) }));
}
