import { coreError, maxNesting, tooDeep, tooManyValues } from '@patchbay/objects';
import { MessageReader, pathText } from '@patchbay/session';

/** A `CallRequest` of objects.proto whose arguments are decoded when they are asked for. */
export interface ReadCall {
  readonly object: string;
  readonly method: string;
  /** @throws RpcError `MESSAGE_MALFORMED`, `MESSAGE_TOO_COMPLEX`, `ARGUMENT_INVALID` for NaN and infinities */
  readonly input: { readonly values: readonly unknown[] };
}

/**
 * Decodes a `CallRequest` but for its arguments.
 *
 * @param maxValues how many values and keys they may hold
 * @throws RpcError `MESSAGE_MALFORMED`
 */
export function readCall(message: Buffer, maxValues: number): ReadCall {
  const reader = new MessageReader(message);
  let object = '';
  let method = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) object = reader.text();
    else if (field === 2) method = reader.text();
    else reader.skip();
  }
  let values: readonly unknown[] | undefined;
  return {
    object,
    method,
    get input() {
      values ??= new ValueReader(message, maxValues).arguments();
      return { values };
    },
  };
}

/** Decodes google.protobuf.Values to JSON data, within limits. */
class ValueReader {
  readonly #reader: MessageReader;
  readonly #maxValues: number;
  readonly #path: (string | number)[] = [];
  #values = 0;

  constructor(message: Buffer, maxValues: number) {
    this.#reader = new MessageReader(message);
    this.#maxValues = maxValues;
  }

  arguments(): unknown[] {
    return this.#members(3, 0, () => this.#value(1));
  }

  /** Reads the occurrences of a field of the current message, which are members of a value so deep. */
  #members<T>(number: number, depth: number, read: () => T): T[] {
    const members: T[] = [];
    const reader = this.#reader;
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === number) {
        this.#path[depth] = members.length;
        members.push(this.#nested(read));
      } else {
        reader.skip();
      }
    }
    return members;
  }

  #nested<T>(read: () => T): T {
    const end = this.#reader.enter();
    const value = read();
    this.#reader.leave(end);
    return value;
  }

  #value(depth: number): unknown {
    if (depth > maxNesting) {
      throw tooDeep();
    }
    if (++this.#values > this.#maxValues) {
      throw tooManyValues(this.#maxValues);
    }
    const reader = this.#reader;
    let value: unknown;
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === 1) {
        reader.uint();
        value = null;
      } else if (field === 2) value = this.#finite(reader.double(), depth);
      else if (field === 3) value = reader.text();
      else if (field === 4) value = reader.uint() !== 0;
      else if (field === 5) {
        value = Object.fromEntries(this.#nested(() => this.#members(1, depth, () => this.#entry(depth + 1))));
      } else if (field === 6)
        value = this.#nested(() => this.#members(1, depth, () => this.#value(depth + 1)));
      else reader.skip();
    }
    if (value === undefined) {
      throw coreError('MESSAGE_MALFORMED', 'an argument holds a google.protobuf.Value without a kind');
    }
    return value;
  }

  #finite(number: number, depth: number): number {
    if (!Number.isFinite(number)) {
      const place = `arguments${pathText(this.#path.slice(0, depth))}`;
      throw coreError('ARGUMENT_INVALID', `${place} is ${String(number)}, which cannot be carried`);
    }
    return number;
  }

  #entry(depth: number): readonly [string, unknown] {
    this.#values++;
    const reader = this.#reader;
    let key = '';
    let value: unknown;
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === 1) {
        key = reader.text();
        this.#path[depth - 1] = key;
      } else if (field === 2) value = this.#nested(() => this.#value(depth));
      else reader.skip();
    }
    return [key, value];
  }
}
