import { coreError } from '../errors/core-errors.js';
import { quoted } from '../names.js';
import { acceptedDurations, parseDuration } from '../text/durations.js';
import { acceptedSizes, parseBytes } from '../text/sizes.js';
import { type JsonSchema } from './description.js';

/** Reads one word of a command line as a value of a schema. */
export interface Coercion {
  /** Says what the words look like, for an error message. */
  readonly expects: string;
  /** Gives undefined for a word that does not look so. Whether the value fits is for the schema to check. */
  readonly read: (word: string) => unknown;
  /** Makes a stream of the content of a file or of standard input; absent where the content is read as a word. */
  readonly stream?: (content: AsyncIterable<unknown>) => unknown;
}

/** Reads the words of a list, one item a word. */
export interface ListCoercion {
  readonly item: Coercion;
}

/** How long a line may be, in characters. */
const longestLine = 1024 * 1024;

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** A string, and a choice of strings, is its word as it stands: `007` stays three characters. */
const text: Coercion = { expects: 'a text', read: (word) => word };
const number: Coercion = {
  expects: 'a number',
  read: (word) => (decimal.test(word) ? Number(word) : undefined),
};
const boolean: Coercion = {
  expects: '"true" or "false"',
  read: (word) => (word === 'true' ? true : word === 'false' ? false : undefined),
};
const bytes: Coercion = { expects: acceptedSizes, read: parseBytes };
const milliseconds: Coercion = { expects: acceptedDurations, read: parseDuration };
const json: Coercion = {
  expects: 'JSON, such as {"key":"value"}, 5 or "a text" in its quotes',
  read: (word) => {
    try {
      return JSON.parse(word) as unknown;
    } catch {
      return undefined;
    }
  },
};

/** Gives the coercion of a JSON schema; a list only where its items are single words, else its JSON. */
export function coercionOf(schema: JsonSchema): Coercion | ListCoercion {
  if (schema.type === 'array' && isSchema(schema.items)) {
    const item = single(schema.items, schema, 0);
    return item === json ? json : { item };
  }
  return single(schema, schema, 0);
}

/** @param followed how many references led here: a schema that refers to itself is read as JSON. */
function single(schema: JsonSchema, root: JsonSchema, followed: number): Coercion {
  if (schema.stream !== undefined) {
    return streamed(schema.stream);
  }
  const unit = schema.unit;
  if (unit === 'bytes' || unit === 'milliseconds') {
    return unit === 'bytes' ? bytes : milliseconds;
  }
  const alternatives = alternativesOf(schema);
  if (alternatives !== undefined) {
    const stream = alternatives.find((each) => each.stream !== undefined)?.stream;
    const others = alternatives.filter((each) => each.stream === undefined);
    return stream === undefined || others.length === 0
      ? oneOf(alternatives, root, followed)
      : streamOr(stream, others, root, followed);
  }
  switch (schema.type) {
    case 'string':
      return text;
    case 'number':
    case 'integer':
      return number;
    case 'boolean':
      return boolean;
    default: {
      const named = definitionOf(schema, root);
      return named === undefined || followed > 4 ? json : single(named, root, followed + 1);
    }
  }
}

/** Reads a stream: of bytes as they are, of values a line each. */
function streamed(items: unknown): Coercion {
  const line = isSchema(items) ? single(items, items, 0) : undefined;
  return {
    expects: '"-" for standard input, or "@FILE"',
    read: () => undefined,
    stream: (content) => (line === undefined ? content : valuesOfLines(content, line)),
  };
}

async function* valuesOfLines(
  content: AsyncIterable<unknown>,
  { read, expects }: Coercion,
): AsyncGenerator<unknown, void, undefined> {
  let number = 0;
  for await (const line of linesOf(content)) {
    number += 1;
    const value = read(line);
    if (value === undefined) {
      throw coreError('ARGUMENT_INVALID', `line ${String(number)} must be ${expects}, not ${quoted(line)}`);
    }
    yield value;
  }
}

/** Gives the lines of a stream of bytes in UTF-8, without their ends; empty ones are left out. */
async function* linesOf(content: AsyncIterable<unknown>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const piece of content) {
    rest += typeof piece === 'string' ? piece : decoder.decode(piece as Uint8Array, { stream: true });
    const lines = rest.split(/\r?\n/);
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
    if (rest.length > longestLine) {
      throw coreError('ARGUMENT_INVALID', 'a line of more than 1 MiB');
    }
  }
  rest += decoder.decode();
  if (rest !== '') {
    yield rest;
  }
}

/** Reads a stream or something else: a word is that only where it looks like it, for it may be the path of a file. */
function streamOr(
  stream: unknown,
  others: readonly JsonSchema[],
  root: JsonSchema,
  followed: number,
): Coercion {
  const streams = streamed(stream);
  const other = oneOf(others, root, followed);
  const patterns = others.flatMap(({ pattern }) =>
    typeof pattern === 'string' ? [new RegExp(pattern)] : [],
  );
  return {
    ...streams,
    expects: `${streams.expects}, or ${other.expects}`,
    read: (word) =>
      patterns.length === 0 || patterns.some((each) => each.test(word)) ? other.read(word) : undefined,
  };
}

/** Reads a union: as JSON or as a string where it holds such, else as the first alternative that the word looks like. */
function oneOf(alternatives: readonly JsonSchema[], root: JsonSchema, followed: number): Coercion {
  const read = alternatives
    .filter((each) => each.type !== 'null')
    .map((each) => choice(each) ?? single(each, root, followed));
  if (read.length === 0 || read.includes(json)) {
    return json;
  }
  if (read.includes(text)) {
    return text;
  }
  return {
    expects: read.map((each) => each.expects).join(' or '),
    read: (word) => read.map((each) => each.read(word)).find((value) => value !== undefined),
  };
}

function choice(schema: JsonSchema): Coercion | undefined {
  const values: unknown = 'const' in schema ? [schema.const] : schema.enum;
  return schema.type === 'string' && Array.isArray(values)
    ? {
        expects: values.map((each) => JSON.stringify(each)).join(' or '),
        read: (word) => (values.includes(word) ? word : undefined),
      }
    : undefined;
}

function alternativesOf(schema: JsonSchema): readonly JsonSchema[] | undefined {
  if (Array.isArray(schema.type)) {
    return schema.type.map((type: unknown) => ({ ...schema, type }));
  }
  const listed: unknown = schema.anyOf ?? schema.oneOf;
  return Array.isArray(listed) ? listed.filter(isSchema) : undefined;
}

/** Follows a reference to one of the schema's own `$defs`: what zod makes of a schema with an id. */
function definitionOf(schema: JsonSchema, root: JsonSchema): JsonSchema | undefined {
  const reference = schema.$ref;
  const definitions = root.$defs;
  if (typeof reference !== 'string' || !isSchema(definitions)) {
    return undefined;
  }
  const named = definitions[reference.replace('#/$defs/', '')];
  return isSchema(named) ? named : undefined;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
