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

/** Reads a YAML file that holds one mapping; an empty file is an empty mapping. @throws RpcError `CONFIG_INVALID` */
export function readYamlFile(path: string): YamlFile {
  const name = basename(path);
  return parseYaml(readText(path), name);
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

function parseYaml(text: string, name: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    throw invalid(
      problems.map(({ message, pos }): Problem => {
        return { where: `${name}:${String(lines.linePos(pos[0]).line)}`, message };
      }),
    );
  }
  const root = document.contents;
  if (root !== null && !isMap(root) && !(isScalar(root) && root.value === null)) {
    throw invalid([
      { where: `${name}:1`, message: 'must hold keys and values, such as "listen: 127.0.0.1:7441"' },
    ]);
  }
  return {
    name,
    content: isMap(root) ? toValues(() => document.toJS() as Record<string, unknown>, name) : {},
    lineOf: (path) => lines.linePos(offsetOf(root, path)).line,
  };
}

/** Converts the document, which is where the parser refuses aliases that expand without bound. */
function toValues(convert: () => Record<string, unknown>, name: string): Record<string, unknown> {
  try {
    return convert();
  } catch (error) {
    throw invalid([{ where: name, message: (error as Error).message }], error);
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
