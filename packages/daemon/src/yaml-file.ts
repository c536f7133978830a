import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isCollection, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';

import { invalid, type Problem } from './problems.js';

/** The path of a value in a configuration: keys and indexes, outermost first. */
export type KeyPath = readonly (string | number)[];

/** Formats a path: `objects[0].name`. */
export function keyText(path: KeyPath): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}

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
  const document = parseDocument(readText(path), { lineCounter: lines, prettyErrors: false });
  const invalidAt = (line: number, message: string): Problem => ({
    where: `${name}:${String(line)}`,
    message,
  });
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    throw invalid(problems.map(({ message, pos }) => invalidAt(lines.linePos(pos[0]).line, message)));
  }
  const root = document.contents;
  if (root !== null && !isMap(root) && !(isScalar(root) && root.value === null)) {
    throw invalid([invalidAt(1, 'must hold keys and values, such as "listen: 127.0.0.1:7441"')]);
  }
  try {
    // Throws for aliases that expand without bound.
    const content = isMap(root) ? (document.toJS() as Record<string, unknown>) : {};
    return { name, content, lineOf: (keys) => lines.linePos(offsetOf(root, keys)).line };
  } catch (error) {
    throw invalid([{ where: name, message: (error as Error).message }], error);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (error as Error).message;
    throw invalid([{ where: path, message: `the configuration cannot be read: ${why}` }], error);
  }
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
