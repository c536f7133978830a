import { z } from 'zod';

import { coreError } from '../errors/core-errors.js';
import { handled } from '../handled.js';
import { requireZod } from './check-schemas.js';
import { type Hole, isHole } from './hole.js';
import { isStream } from './is-stream.js';
import { noteHandle } from './schema-parts.js';

/** What a caller passes for a stream of bytes: a Node or web stream, any async iterable, or the bytes themselves. */
export type ByteSource = AsyncIterable<Uint8Array | string> | Uint8Array;

/** What a caller passes for a stream of bytes that may have holes. */
export type SparseByteSource = AsyncIterable<Uint8Array | string | Hole> | Uint8Array;

/**
 * Returns the schema of a stream of bytes among a method's arguments. The method iterates over it once, and its pace
 * limits the caller's; strings are encoded as UTF-8. As with any Node stream, a chunk must not be changed after it was
 * passed, as it is sent without a copy. On a command line, `-` is standard input and `@FILE` a file. The iteration
 * throws the call's error if the call ends before the stream.
 */
export function byteStream(): z.ZodType<AsyncIterable<Buffer>, ByteSource>;
/**
 * Returns the schema of a stream of bytes in which a `Hole` stands for a run of zeros. A few bytes may then stand for
 * any number of them, which the method must bound before it allocates, writes or hashes them.
 */
export function byteStream(options: {
  readonly holes: true;
}): z.ZodType<AsyncIterable<Buffer | Hole>, SparseByteSource>;
export function byteStream({ holes = false } = {}): z.ZodType<
  AsyncIterable<Buffer | Hole>,
  SparseByteSource
> {
  const given = z
    .custom<SparseByteSource>(
      (value) => isStream(value) || value instanceof Uint8Array,
      'must be a stream of bytes',
    )
    .meta({ stream: 'bytes', ...(holes && { holes }), placeholder: 'FILE' });
  return noteHandle(given, { kind: 'stream', parts: [] }).transform((source) =>
    withHandledSteps(bytesOf(source, holes)),
  );
}

/**
 * Returns the schema of a stream of values among a method's arguments, each checked by `item`. On a command line, `-` is
 * standard input and `@FILE` a file, with one value per line.
 */
export function streamOf<S extends z.ZodType>(
  item: S,
): z.ZodType<AsyncIterable<z.output<S>>, AsyncIterable<z.input<S>> | readonly z.input<S>[]> {
  requireZod('streamOf: an item', item);
  const given = z
    .custom<AsyncIterable<z.input<S>> | readonly z.input<S>[]>(
      (value) => isStream(value) || Array.isArray(value),
      'must be a stream of values',
    )
    .meta({ stream: z.toJSONSchema(item, { io: 'input', unrepresentable: 'any' }), placeholder: 'FILE' });
  noteHandle(given, { kind: 'stream', parts: [['an item of the stream', item, 'input']] });
  return given.transform((source) => withHandledSteps(itemsOf(source, item)));
}

/** Lets a method request items ahead: a caller that leaves meanwhile ends no process. */
function withHandledSteps<T>(items: AsyncGenerator<T, void, undefined>): AsyncGenerator<T, void, undefined> {
  const next = items.next.bind(items);
  return Object.assign(items, { next: () => handled(next()) });
}

async function* bytesOf(
  source: SparseByteSource,
  holes: boolean,
): AsyncGenerator<Buffer | Hole, void, undefined> {
  for await (const chunk of source instanceof Uint8Array ? [source] : source) {
    if (typeof chunk === 'string') {
      yield Buffer.from(chunk);
    } else if (chunk instanceof Uint8Array) {
      yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    } else if (holes && isHole(chunk)) {
      yield { hole: chunk.hole };
    } else {
      throw coreError('ARGUMENT_INVALID', 'a stream of bytes yielded neither bytes nor text');
    }
  }
}

async function* itemsOf<S extends z.ZodType>(
  source: AsyncIterable<z.input<S>> | readonly z.input<S>[],
  schema: S,
): AsyncGenerator<z.output<S>, void, undefined> {
  let index = 0;
  for await (const item of source) {
    const checked = schema.safeParse(item);
    if (!checked.success) {
      const why = checked.error.issues[0]?.message ?? 'is not valid';
      throw coreError('ARGUMENT_INVALID', `item ${String(index)} of a stream: ${why}`);
    }
    yield checked.data;
    index += 1;
  }
}
