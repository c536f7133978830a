import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';

import { parseServerAddress } from '../address.js';
import { coreError } from '../errors/core-errors.js';
import type { TlsFiles } from '../identity/certificate-files.js';
import { quoted } from '../names.js';
import { didYouMean } from '../text/suggest.js';
import { systemErrorText } from '../text/system-error.js';

/** What a `client.yaml` says. */
export interface ClientFile {
  /** The name server's address. */
  readonly nameServer?: string;
  /** Whether to dial plain TCP. */
  readonly insecure?: boolean;
  /** The files of a PKI of one's own; relative paths refer to the directory of the file. */
  readonly tls?: Partial<TlsFiles>;
  /** The path of a file with an API key. */
  readonly apiKeyFile?: string;
}

const keys = ['nameServer', 'insecure', 'apiKeyFile', 'tls'] as const;
const tlsKeys = ['certificate', 'key', 'roots'] as const;

/**
 * Reads a `client.yaml`; one that does not exist is empty. The file is YAML of one key per line, those of `tls` indented
 * below it, read without a YAML parser, which takes longer to load than a call takes.
 *
 * @throws RpcError `CONFIG_INVALID`, with the file and the line
 */
export function readClientFile(path: string): ClientFile {
  let found: ClientFile = {};
  let last = '';
  for (const [index, line] of (textOf(path) ?? '').split('\n').entries()) {
    const at = `${path}:${String(index + 1)}`;
    const text = line.replace(/^\uFEFF/, '').trimEnd();
    if (/^\s*(?:#|$)|^---$/.test(text)) {
      continue;
    }
    if (last === 'tls' && /^ +\S/.test(text)) {
      const file = tlsFileIn(text.trimStart(), at);
      refuseTwice(found.tls ?? {}, file, at);
      const [[key, value] = ['', '']] = Object.entries(file);
      found = { ...found, tls: { ...found.tls, [key]: resolve(dirname(path), value) } };
      continue;
    }
    const entry = entryIn(text, at);
    refuseTwice(found, entry, at);
    found = { ...found, ...entry };
    [last = ''] = Object.keys(entry);
  }
  return found;
}

function refuseTwice(found: object, entry: object, at: string): void {
  const [name = ''] = Object.keys(entry);
  if (name in found) {
    throw invalid(at, `duplicate key ${quoted(name)}`);
  }
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

interface Line<Key extends string> {
  readonly key: Key;
  readonly value: string;
  /** The value where it has no quotes. */
  readonly plain: string | undefined;
}

/** Returns the key and the value of a line. */
function readLine<Key extends string>(line: string, known: readonly Key[], at: string): Line<Key> {
  const written = /^(?<name>\w+):(?:\s+(?<rest>.*))?$/.exec(line)?.groups;
  if (written === undefined) {
    throw invalid(at, `${quoted(line)}: write "nameServer: HOST:PORT"`);
  }
  const { name = '', rest = '' } = written;
  const key = known.find((each) => each === name);
  if (key === undefined) {
    throw invalid(at, `unknown key ${quoted(name)}${didYouMean(name, known)}`);
  }
  // As in YAML: in quotes, or up to a "#" after a space.
  const { single, double, plain } =
    /^(?:'(?<single>[^']*)'|"(?<double>[^"\\]*)"|(?<plain>[^\s'"#]*))(?:\s+#.*)?$/.exec(rest)?.groups ?? {};
  return { key, value: single ?? double ?? plain ?? rest, plain };
}

/** Returns a key of `tls`, and its file. */
function tlsFileIn(line: string, at: string): Partial<TlsFiles> {
  const { key, value } = readLine(line, tlsKeys, at);
  if (value === '') {
    throw invalid(at, `tls.${key}: must be the path of a file`);
  }
  return { [key]: value };
}

function entryIn(line: string, at: string): ClientFile {
  const { key, value, plain } = readLine(line, keys, at);
  if (key === 'tls') {
    if (plain !== '') {
      throw invalid(at, 'tls: write certificate, key and roots on lines of their own below it, indented');
    }
    return { tls: {} };
  }
  if (key === 'insecure') {
    if (plain !== 'true' && plain !== 'false') {
      throw invalid(at, `insecure: must be true or false, not ${quoted(value)}`);
    }
    return { insecure: plain === 'true' };
  }
  if (key === 'apiKeyFile') {
    if (!isAbsolute(value)) {
      throw invalid(at, `apiKeyFile: must be an absolute path, not ${quoted(value)}`);
    }
    return { apiKeyFile: value };
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
