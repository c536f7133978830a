import { type Document, type ErrorCode, isAlias, isPair, isScalar, isSeq, visit, type YAMLError } from 'yaml';

import { quoted } from '@patchbay/objects';

import { type KeyPath, keyText } from './key-path.js';

/** What is wrong with a YAML text, at an offset. */
export interface YamlProblem {
  readonly offset: number;
  readonly key?: string;
  readonly message: string;
}

type Explain = (token: string, original: string) => string;

const noColon = 'has no ":" and space between a key and its value';
const quotes = 'put the value in quotes';

/** What each of the parser's errors means, given the text at its position and the parser's own message. */
const explanations: Readonly<Record<ErrorCode, Explain>> = {
  TAB_AS_INDENT: () => 'is indented by a tab; indent by spaces',
  BAD_INDENT: (_, original) =>
    original.startsWith('Flow')
      ? 'begins before a "{" or "[" above is closed'
      : 'is indented unlike the keys beside it; indent all keys of a map by the same number of spaces',
  BLOCK_AS_IMPLICIT_KEY: () =>
    `has a second ":", or is followed by a line that is indented too deep; ${quotes}, or indent less`,
  MULTILINE_IMPLICIT_KEY: () => noColon,
  MISSING_CHAR: (_, original) => (original.includes('quote') ? 'ends before a quote is closed' : noColon),
  BAD_DQ_ESCAPE: (token) =>
    `has ${quoted(token)}, which is no escape within double quotes; use single quotes`,
  BAD_SCALAR_START: (token) => `has a value that begins with ${quoted(token.charAt(0))}; ${quotes}`,
  UNEXPECTED_TOKEN: (token) =>
    `has ${quoted(token)} where nothing like it may stand; if it belongs to a value, ${quotes}`,
  KEY_OVER_1024_CHARS: () => 'has a key of more than 1024 characters',
  MULTIPLE_DOCS: () =>
    'begins a second document; a configuration is one document, without "---" or "..." in between',
  TAG_RESOLVE_FAILED: (token) => `has the tag ${quoted(token)}, which a configuration cannot have; ${quotes}`,
  BAD_DIRECTIVE: (token) => `has the directive ${quoted(token)}, which a configuration cannot have`,
  BAD_ALIAS: () => `has a "*" that is no alias; ${quotes}`,
  ALIAS_PROPS: () => 'has an alias with a tag or an anchor, which it cannot have',
  BAD_PROP_ORDER: () => 'has a tag or an anchor at a wrong position',
  MULTIPLE_ANCHORS: () => 'has a value with more than one anchor',
  MULTIPLE_TAGS: () => 'has a value with more than one tag',
  BLOCK_IN_FLOW: () => 'begins keys or items on lines of their own within "{" or "["',
  BAD_COLLECTION_TYPE: () => 'has a map or a list with the tag of another type',
  NON_STRING_KEY: () => 'has a key that is not a text',
  RESOURCE_EXHAUSTION: () => 'is nested too deep',
  DUPLICATE_KEY: () => 'has a key that is given twice',
  IMPOSSIBLE: () => 'is not YAML',
};

/**
 * Lists what is wrong with a document, at most one problem a line: what the parser found, keys that are not texts, and
 * aliases of nothing. @param lineOf returns the line of an offset
 */
export function problemsIn(
  document: Document.Parsed,
  text: string,
  lineOf: (offset: number) => number,
): readonly YamlProblem[] {
  const found = [...document.errors, ...document.warnings].map((error) =>
    error.code === 'DUPLICATE_KEY' ? duplicate(document, error, lineOf) : explained(error, text),
  );
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined) {
        const message = `refers to ${quoted(`&${alias.source}`)}, which no line before sets; if it is a value, ${quotes}`;
        found.push({ offset: alias.range?.[0] ?? 0, message });
      }
    },
    Pair: (_, { key }) => {
      if (!isScalar(key) && !isAlias(key)) {
        found.push({
          offset: (key as { range?: [number] } | null)?.range?.[0] ?? 0,
          message: explanations.NON_STRING_KEY('', ''),
        });
      }
    },
  });
  const lines = found.map(({ offset }) => lineOf(offset));
  return found.filter((_, index) => lines.indexOf(lines[index] ?? 0) === index);
}

function explained({ code, message, pos: [offset] }: YAMLError, text: string): YamlProblem {
  const [token = ''] = /^\S{0,40}/.exec(text.slice(offset)) ?? [];
  return { offset, message: explanations[code](token, message) };
}

/** Names a key that is given twice, and where it was given first. */
function duplicate(
  document: Document.Parsed,
  { pos: [offset] }: YAMLError,
  lineOf: (offset: number) => number,
): YamlProblem {
  let problem: YamlProblem = { offset, message: explanations.DUPLICATE_KEY('', '') };
  visit(document, {
    Map: (_, map, ancestors) => {
      const keys = map.items.map(({ key }) => key).filter(isScalar);
      const second = keys.find(({ range }) => range?.[0] === offset);
      if (second === undefined) {
        return undefined;
      }
      const first = keys.find(({ value }) => value === second.value)?.range?.[0] ?? offset;
      const key = keyText([...pathOf([...ancestors, map]), String(second.value)]);
      problem = { offset, key, message: `is given twice; the first is in line ${String(lineOf(first))}` };
      return visit.BREAK;
    },
  });
  return problem;
}

/** Returns the path that the ancestors of a node, and itself, make. */
function pathOf(nodes: readonly unknown[]): KeyPath {
  return nodes.flatMap((node, index): KeyPath => {
    if (isPair(node)) {
      return isScalar(node.key) ? [String(node.key.value)] : [];
    }
    return isSeq(node) ? [node.items.indexOf(nodes[index + 1])] : [];
  });
}
