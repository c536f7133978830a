import { z } from 'zod';

import { coreError } from '../errors/core-errors.js';
import { type RpcError } from '../errors/rpc-error.js';
import { isStream } from './is-stream.js';

/** What a caller passes where a method takes a stream of bytes: a Node or web stream, or any async iterable. */
export type ByteSource = AsyncIterable<Uint8Array | string> | Uint8Array;

/**
 * The schema of a stream of bytes among a method's arguments. The method iterates over it, once, and what it has not
 * read yet slows its caller; texts among the bytes are taken as UTF-8. As with any Node stream, a piece that was given
 * must not be changed afterwards: it is sent without a copy. A command line gives `-` for standard input or
 * `@FILE`. The iteration throws what became of the call when that ends before the stream.
 */
export function byteStream(): z.ZodType<AsyncIterable<Buffer>, ByteSource> {
  return z
    .custom<ByteSource>(
      (value) => isStream(value) || value instanceof Uint8Array,
      'must be a stream of bytes',
    )
    .meta({ stream: 'bytes', placeholder: 'FILE' })
    .transform((source) => bytesOf(source));
}

/**
 * The schema of a stream of values among a method's arguments, each checked by its own schema. A command line gives
 * `-` for standard input or `@FILE`, a value each line.
 */
export function streamOf<S extends z.ZodType>(
  item: S,
): z.ZodType<AsyncIterable<z.output<S>>, AsyncIterable<z.input<S>> | readonly z.input<S>[]> {
  return z
    .custom<AsyncIterable<z.input<S>> | readonly z.input<S>[]>(
      (value) => isStream(value) || Array.isArray(value),
      'must be a stream of values',
    )
    .meta({ stream: z.toJSONSchema(item, { io: 'input', unrepresentable: 'any' }), placeholder: 'FILE' })
    .transform((source) => itemsOf(source, item));
}

async function* bytesOf(source: ByteSource): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of source instanceof Uint8Array ? [source] : source) {
    if (typeof chunk === 'string') {
      yield Buffer.from(chunk);
    } else if ((chunk as unknown) instanceof Uint8Array) {
      yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    } else {
      throw wrongItem('a stream of bytes holds what is neither bytes nor text');
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
      throw wrongItem(`item ${String(index)} of a stream: ${why}`);
    }
    yield checked.data;
    index += 1;
  }
}

function wrongItem(message: string): RpcError {
  return coreError('ARGUMENT_INVALID', message);
}
