import { coreError } from '../errors/core-errors.js';
import { isRpcError } from '../errors/rpc-error.js';
import { quoted } from '../names.js';
import { acceptedDurations, parseDuration } from '../text/durations.js';
import { parseJson } from '../text/parse-json.js';
import { acceptedSizes, parseBytes } from '../text/sizes.js';
import type { JsonSchema } from './description.js';
import { isRecord } from './values.js';

/** Parses one argument of a command line into a value for a schema. */
export interface Coercion {
  /** Describes valid arguments, for error messages. */
  readonly expects: string;
  /** Returns undefined for text of another form. Whether the value is valid is for the schema to check. */
  readonly read: (text: string) => unknown;
  /** Converts the content of a file or of standard input to a stream; absent if the content is read as text. */
  readonly stream?: (content: AsyncIterable<unknown>) => unknown;
}

/** Parses the arguments of a list, one item each. */
export interface ListCoercion {
  readonly item: Coercion;
}

/** The longest line of a stream of values, in characters. */
const maxLineLength = 1024 * 1024;

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** A string or a choice of strings is taken verbatim: `007` stays three characters. */
const text: Coercion = { expects: 'text', read: (given) => given };
const number: Coercion = {
  expects: 'a number',
  read: (given) => (decimal.test(given) ? Number(given) : undefined),
};
const boolean: Coercion = {
  expects: '"true" or "false"',
  read: (given) => (given === 'true' ? true : given === 'false' ? false : undefined),
};
const bytes: Coercion = { expects: acceptedSizes, read: parseBytes };
const milliseconds: Coercion = { expects: acceptedDurations, read: parseDuration };
const json: Coercion = {
  expects: 'JSON, such as {"key":"value"}, 5 or "text" in quotes',
  read: (given) => {
    try {
      return parseJson(given);
    } catch (error) {
      if (isRpcError(error)) {
        throw error;
      }
      return undefined;
    }
  },
};

/** Returns the coercion for a JSON schema; a list's items are parsed one by one unless they need JSON. */
export function coercionOf(schema: JsonSchema): Coercion | ListCoercion {
  if (schema.type === 'array' && isRecord(schema.items)) {
    const item = single(schema.items, schema, 0);
    return item === json ? json : { item };
  }
  return single(schema, schema, 0);
}

/** @param followed how many references led here: a recursive schema is parsed as JSON */
function single(schema: JsonSchema, root: JsonSchema, followed: number): Coercion {
  if (schema.stream !== undefined) {
    return streamed(schema.stream);
  }
  if (schema.unit === 'bytes') {
    return bytes;
  }
  if (schema.unit === 'milliseconds') {
    return milliseconds;
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

/** Returns the coercion for a stream: of bytes as they are, or of values, one per line. */
function streamed(items: unknown): Coercion {
  const line = isRecord(items) ? single(items, items, 0) : undefined;
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

/** Yields the lines of a stream of UTF-8 bytes, without line breaks and empty lines. */
async function* linesOf(content: AsyncIterable<unknown>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const chunk of content) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk as Uint8Array, { stream: true });
    const lines = rest.split(/\r?\n/);
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
    if (rest.length > maxLineLength) {
      throw coreError('ARGUMENT_INVALID', 'a line exceeds 1 MiB');
    }
  }
  rest += decoder.decode();
  if (rest !== '') {
    yield rest;
  }
}

/** Returns the coercion for a stream or another type; text of neither form may be the path of a file. */
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
    read: (given) =>
      patterns.length === 0 || patterns.some((each) => each.test(given)) ? other.read(given) : undefined,
  };
}

/** Returns the coercion for a union: JSON or a string if it has such an alternative, else the first that parses. */
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
    read: (given) => read.map((each) => each.read(given)).find((value) => value !== undefined),
  };
}

function choice(schema: JsonSchema): Coercion | undefined {
  const values: unknown = 'const' in schema ? [schema.const] : schema.enum;
  return schema.type === 'string' && Array.isArray(values)
    ? {
        expects: values.map((each) => JSON.stringify(each)).join(' or '),
        read: (given) => (values.includes(given) ? given : undefined),
      }
    : undefined;
}

function alternativesOf(schema: JsonSchema): readonly JsonSchema[] | undefined {
  if (Array.isArray(schema.type)) {
    return schema.type.map((type: unknown) => ({ ...schema, type }));
  }
  const listed: unknown = schema.anyOf ?? schema.oneOf;
  return Array.isArray(listed) ? listed.filter(isRecord) : undefined;
}

/** Resolves a reference to one of the schema's own `$defs`, which zod generates for a schema with an id. */
function definitionOf(schema: JsonSchema, root: JsonSchema): JsonSchema | undefined {
  const reference = schema.$ref;
  const definitions = root.$defs;
  const isLocal = typeof reference === 'string' && isRecord(definitions);
  const named = isLocal ? definitions[reference.replace('#/$defs/', '')] : undefined;
  return isRecord(named) ? named : undefined;
}
