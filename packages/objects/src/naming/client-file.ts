import { readFileSync } from 'node:fs';

import { parseServerAddress } from '../address.js';
import { coreError } from '../errors/core-errors.js';
import { quoted } from '../names.js';
import { didYouMean } from '../text/suggest.js';
import { systemErrorText } from '../text/system-error.js';

/** What a `client.yaml` says. */
export interface ClientFile {
  /** The name server's address. */
  readonly nameServer?: string;
  /** Whether to dial plain TCP. */
  readonly insecure?: boolean;
}

const keys = ['nameServer', 'insecure'] as const;

/**
 * Reads a `client.yaml`; one that does not exist is empty. The file is YAML of one key per line, read without a YAML
 * parser, which takes longer to load than a call takes.
 *
 * @throws RpcError `CONFIG_INVALID`, with the file and the line
 */
export function readClientFile(path: string): ClientFile {
  let found: ClientFile = {};
  for (const [index, line] of (textOf(path) ?? '').split('\n').entries()) {
    const at = `${path}:${String(index + 1)}`;
    const entry = entryIn(line.replace(/^\uFEFF/, '').trimEnd(), at);
    const [name = ''] = Object.keys(entry);
    if (name in found) {
      throw invalid(at, `duplicate key ${quoted(name)}`);
    }
    found = { ...found, ...entry };
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

/** Returns the key and the value of a line; empty for a blank line or a comment. */
function entryIn(line: string, at: string): ClientFile {
  if (/^\s*(?:#|$)|^---$/.test(line)) {
    return {};
  }
  const written = /^(?<name>\w+):(?:\s+(?<rest>.*))?$/.exec(line)?.groups;
  if (written === undefined) {
    throw invalid(at, `${quoted(line)}: write "nameServer: HOST:PORT"`);
  }
  const { name = '', rest = '' } = written;
  const key = keys.find((each) => each === name);
  if (key === undefined) {
    throw invalid(at, `unknown key ${quoted(name)}${didYouMean(name, keys)}`);
  }
  // As in YAML: in quotes, or up to a "#" after a space.
  const { single, double, plain } =
    /^(?:'(?<single>[^']*)'|"(?<double>[^"\\]*)"|(?<plain>[^\s'"#]*))(?:\s+#.*)?$/.exec(rest)?.groups ?? {};
  const value = single ?? double ?? plain ?? rest;
  if (key === 'insecure') {
    if (plain !== 'true' && plain !== 'false') {
      throw invalid(at, `insecure: must be true or false, not ${quoted(value)}`);
    }
    return { insecure: plain === 'true' };
  }
  try {
    parseServerAddress(value);
  } catch (error) {
    throw invalid(at, `nameServer: ${(error as Error).message}`, error);
  }
  return { nameServer: value };
}

function invalid(where: string, message: string, cause?: unknown): Error {
  const details = { problems: [{ where, message }] };
  return coreError('CONFIG_INVALID', `${where}: ${message}`, { details, cause });
}
