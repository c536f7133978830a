import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isCollection, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';

import { quoted, systemErrorText } from '@patchbay/objects';

import type { KeyPath } from './key-path.js';
import { invalid, type Problem } from './problems.js';
import { problemsIn } from './yaml-problems.js';

/** The content of a YAML file, and the line of each of its keys. */
export interface YamlFile {
  /** The file's name without its directory, for messages. */
  readonly name: string;
  readonly content: Readonly<Record<string, unknown>>;
  /** Returns the line, from 1, of a key, or of its nearest ancestor that exists. */
  lineOf(path: KeyPath): number;
}

/** Reports whether a value is a mapping. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads a YAML file that holds one mapping; an empty file is an empty mapping. @throws RpcError `CONFIG_INVALID` */
export function readYamlFile(path: string): YamlFile {
  const name = basename(path);
  const lines = new LineCounter();
  const text = readText(path);
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const invalidAt = (line: number, message: string, key?: string): Problem => ({
    where: `${name}:${String(line)}`,
    ...(key === undefined ? {} : { key }),
    message,
  });
  const lineOf = (offset: number): number => lines.linePos(offset).line;
  const problems = problemsIn(document, text, lineOf);
  if (problems.length > 0) {
    throw invalid(problems.map(({ offset, key, message }) => invalidAt(lineOf(offset), message, key)));
  }
  const root = document.contents;
  if (root !== null && !isMap(root) && !(isScalar(root) && root.value === null)) {
    throw invalid([invalidAt(1, 'must hold keys and values, such as "listen: 127.0.0.1:7441"')]);
  }
  try {
    // Throws for aliases that expand without bound.
    const content = isMap(root) ? (document.toJS() as Record<string, unknown>) : {};
    return { name, content, lineOf: (keys) => lineOf(offsetOf(root, keys)) };
  } catch (error) {
    const message = 'its aliases repeat one another too often; write the values out';
    throw invalid([{ where: name, message }], error);
  }
}

/** Reads a file as text. @throws RpcError `CONFIG_INVALID` if it cannot be read, or is not text */
function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const message = `the configuration cannot be read: ${systemErrorText(error)}`;
    throw invalid([{ where: path, message }], error);
  }
  const text = bytes.toString();
  // eslint-disable-next-line no-control-regex -- YAML has none of them
  const control = /[\0-\x08\v\f\x0e-\x1f\x7f]/.exec(text);
  const wrongAt = isUtf8(bytes) ? control?.index : text.indexOf('\ufffd');
  if (wrongAt !== undefined) {
    const where = `${basename(path)}:${String(text.slice(0, wrongAt).split('\n').length)}`;
    const message = isUtf8(bytes)
      ? `has the control character ${quoted(control?.[0] ?? '')}`
      : 'is not text in UTF-8';
    throw invalid([{ where, message }]);
  }
  return text;
}

/** Finds the offset of the key (or, in a sequence, the item) at a path, as deep as it exists. */
function offsetOf(root: unknown, path: KeyPath): number {
  let offset = startOf(root) ?? 0;
  let node = root;
  for (const step of path) {
    if (!isCollection(node)) {
      break;
    }
    const pair = isMap(node)
      ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      : undefined;
    const next = node.get(step, true);
    offset = startOf(pair?.key) ?? startOf(next) ?? offset;
    node = next;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
