import { readFileSync } from 'node:fs';

import { parseServerAddress } from '../address.js';
import { coreError } from '../errors/core-errors.js';
import { quoted } from '../names.js';
import { didYouMean } from '../text/suggest.js';
import { systemErrorText } from '../text/system-error.js';

const key = 'nameServer';

/**
 * Reads the name server's address from a `client.yaml`; undefined if the file does not exist or has none. The file is
 * YAML of one key per line, read without a YAML parser, which takes longer to load than a call takes.
 *
 * @throws RpcError `CONFIG_INVALID`, with the file and the line
 */
export function readClientFile(path: string): string | undefined {
  let found: string | undefined;
  for (const [index, line] of (textOf(path) ?? '').split('\n').entries()) {
    const at = `${path}:${String(index + 1)}`;
    const value = valueIn(line.replace(/^\uFEFF/, '').trimEnd(), at);
    if (value !== undefined && found !== undefined) {
      throw invalid(at, `duplicate key ${quoted(key)}`);
    }
    found ??= value;
  }
  return found;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return undefined;
    }
    throw invalid(path, `cannot be read: ${systemErrorText(error)}`, error);
  }
}

/** Returns the address on a line; undefined for a blank line or a comment. */
function valueIn(line: string, at: string): string | undefined {
  if (/^\s*(?:#|$)|^---$/.test(line)) {
    return undefined;
  }
  const written = /^(?<name>\w+):(?:\s+(?<rest>.*))?$/.exec(line)?.groups;
  if (written === undefined) {
    throw invalid(at, `${quoted(line)}: write "${key}: HOST:PORT"`);
  }
  const { name = '', rest = '' } = written;
  if (name !== key) {
    throw invalid(at, `unknown key ${quoted(name)}${didYouMean(name, [key])}`);
  }
  // As in YAML: in quotes, or up to a "#" after a space.
  const { single, double, plain } =
    /^(?:'(?<single>[^']*)'|"(?<double>[^"\\]*)"|(?<plain>[^\s'"#]*))(?:\s+#.*)?$/.exec(rest)?.groups ?? {};
  const value = single ?? double ?? plain ?? rest;
  try {
    parseServerAddress(value);
  } catch (error) {
    throw invalid(at, `${key}: ${(error as Error).message}`, error);
  }
  return value;
}

function invalid(where: string, message: string, cause?: unknown): Error {
  const details = { problems: [{ where, message }] };
  return coreError('CONFIG_INVALID', `${where}: ${message}`, { details, cause });
}
