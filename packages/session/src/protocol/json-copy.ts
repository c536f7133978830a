import { types } from 'node:util';

import { coreError, isStream, maxNesting, RpcError } from '@patchbay/objects';

/** Object keys and array indexes that lead to a part of a value. */
type Path = readonly (string | number)[];

/** The reason of the error for a value that cannot be carried: `RESULT_INVALID` for what a method gives. */
export type UncarriedReason = 'ARGUMENT_INVALID' | 'RESULT_INVALID';

/** How to copy the parts of a value that JSON does not hold. */
export interface JsonCopyOptions {
  /** Returns what stands in a part's place; undefined for a part that is copied, or refused if JSON cannot hold it. */
  readonly replace: (part: string | object, path: Path, refuse: (why: string) => never) => unknown;
  /** Whether the copy must be well-formed Unicode; JSON can escape half of a surrogate pair. Default: false. */
  readonly wellFormed?: boolean;
  /** Whose mistake it is if the value cannot be carried. Default: `ARGUMENT_INVALID`, that of the side that passes it. */
  readonly reason?: UncarriedReason | undefined;
}

const adviceFor: Readonly<Record<string, string>> = {
  Map: 'use an object, or a list of its entries',
  Set: 'use a list',
  Promise: 'await it first',
  BigInt: 'use a number up to 2^53, or a string',
  stream: 'only an argument of a call can be one',
  function: 'only an argument of a call can be one',
  undefined: 'use null, or leave it out',
  number: 'use a finite number, or null',
};
const ofJson = 'values are those of JSON, or have a toJSON method, and bytes as Uint8Array';

/**
 * Copies a value as JSON would, except that nothing is changed in silence. Like JSON it takes an object's own enumerable
 * properties, omits those that are undefined, and respects `toJSON`.
 *
 * @param root the name of the value in messages, such as `arguments`
 * @throws RpcError of the reason, for what cannot be carried, such as NaN or a Map; details.path says where it is in the value
 */
export function copyJson(value: unknown, root: string, options: JsonCopyOptions): unknown {
  return new JsonCopy(root, options).run(value);
}

class JsonCopy {
  readonly #root: string;
  readonly #options: JsonCopyOptions;
  readonly #path: (string | number)[] = [];
  readonly #ancestors: object[] = [];

  constructor(root: string, options: JsonCopyOptions) {
    this.#root = root;
    this.#options = options;
  }

  run(value: unknown): unknown {
    try {
      return this.#copy(value, '');
    } catch (cause) {
      // A getter, a toJSON or a trap of the caller's threw, at the place where the copy stopped.
      throw cause instanceof RpcError ? cause : this.#error('threw an error when it was read', cause);
    }
  }

  #copy(value: unknown, key: string): unknown {
    switch (typeof value) {
      case 'number':
        return Number.isFinite(value) ? value : this.#refuse(String(value), 'number');
      case 'string':
        return this.#copyText(value);
      case 'boolean':
      case 'undefined':
        return value;
      case 'bigint':
        return hasToJson(value) ? this.#copyData(value.toJSON(key)) : this.#refuse('a BigInt', 'BigInt');
      case 'symbol':
        return this.#refuse('a symbol');
      default:
        return value === null ? null : this.#copyObject(value as object, key);
    }
  }

  #copyText(text: string): unknown {
    this.#requireWellFormed(text);
    const replaced = this.#replacementOf(text);
    return replaced === undefined ? text : replaced;
  }

  /** @param key undefined for what a `toJSON` returned, whose own JSON ignores */
  #copyObject(value: object, key: string | undefined): unknown {
    const replaced = this.#replacementOf(value);
    if (replaced !== undefined) {
      return replaced;
    }
    if (key !== undefined && hasToJson(value)) {
      const isInvalid = types.isDate(value) && Number.isNaN(value.getTime());
      return isInvalid ? this.#refuse('an invalid Date') : this.#copyData(value.toJSON(key));
    }
    const kind = kindOf(value);
    if (kind !== undefined) {
      return types.isBoxedPrimitive(value)
        ? this.#copy(value.valueOf(), '') // as JSON does
        : this.#refuse(`${/^[AEIO]/.test(kind) ? 'an' : 'a'} ${kind}`, kind);
    }
    if (this.#ancestors.includes(value)) {
      return this.#error('is part of itself, and a cycle cannot be carried');
    }
    if (this.#path.length >= maxNesting) {
      return this.#error(`is nested more than ${String(maxNesting)} levels deep`);
    }
    this.#ancestors.push(value);
    const copy = Array.isArray(value) ? this.#copyItems(value) : this.#copyMembers(value);
    this.#ancestors.pop();
    return copy;
  }

  #replacementOf(part: string | object): unknown {
    return this.#options.replace(part, this.#path, this.#error);
  }

  #copyData(data: unknown): unknown {
    return typeof data === 'object' && data !== null
      ? this.#copyObject(data, undefined)
      : this.#copy(data, '');
  }

  #copyItems(array: readonly unknown[]): unknown[] {
    const copy: unknown[] = [];
    const depth = this.#path.length;
    for (let index = 0; index < array.length; index++) {
      this.#path[depth] = index;
      const item = this.#copy(array[index], String(index));
      copy.push(item === undefined ? this.#refuse('undefined in a list', 'undefined') : item);
    }
    this.#path.length = depth;
    return copy;
  }

  #copyMembers(object: object): object {
    const copy: Record<string, unknown> = {};
    const depth = this.#path.length;
    for (const key of Object.keys(object)) {
      this.#path[depth] = key;
      this.#requireWellFormed(key);
      const member = this.#copy((object as Record<string, unknown>)[key], key);
      if (key === '__proto__') {
        Object.defineProperty(copy, key, { value: member, enumerable: true });
      } else {
        copy[key] = member;
      }
    }
    this.#path.length = depth;
    return copy;
  }

  #requireWellFormed(text: string): void {
    if (this.#options.wellFormed === true && !text.isWellFormed()) {
      this.#refuse('text with half of a surrogate pair');
    }
  }

  #refuse(what: string, kind = ''): never {
    return this.#error(`is ${what}, which cannot be carried; ${adviceFor[kind] ?? ofJson}`);
  }

  readonly #error = (why: string, cause?: unknown): never => {
    const { reason = 'ARGUMENT_INVALID' } = this.#options;
    // The text of a method's own errors is for its server's log only.
    const text = cause === undefined || reason === 'RESULT_INVALID' ? why : `${why}: ${messageOf(cause)}`;
    throw coreError(reason, `${this.#root}${pathText(this.#path)} ${text}`, {
      details: { path: this.#path.map(String) },
      cause,
    });
  };
}

function hasToJson<T>(value: T): value is T & { toJSON: (key: string) => unknown } {
  return typeof (value as { readonly toJSON?: unknown }).toJSON === 'function';
}

/** Returns what an object is where JSON would lose its content; undefined for a plain object, an array and their kind. */
function kindOf(value: object): string | undefined {
  if (typeof value === 'function') {
    return 'function';
  }
  if (Array.isArray(value)) {
    return undefined;
  }
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (isStream(value) && tag !== 'Promise') {
    return 'stream';
  }
  if (tag !== 'Object') {
    return tag;
  }
  if (value instanceof Error) {
    return 'Error';
  }
  return Object.keys(value).length > 0 ? undefined : hiddenKindOf(value);
}

/** Returns what an object without own properties is if its state is hidden: behind a proxy, or accessors of its class. */
function hiddenKindOf(value: object): string | undefined {
  if (types.isProxy(value)) {
    return 'remote object';
  }
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null || prototype === Object.prototype) {
    return undefined;
  }
  const members = Object.values(Object.getOwnPropertyDescriptors(prototype));
  return members.some((member) => Object.hasOwn(member, 'get')) ? value.constructor.name : undefined;
}

/** Formats a path for a message, `[0].rows["a b"]`, without the middle of a long one. */
export function pathText(path: Path): string {
  const parts = path.map((key) => {
    if (typeof key === 'number') {
      return `[${String(key)}]`;
    }
    return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  });
  const text = parts.join('');
  return text.length > 200 ? `${text.slice(0, 100)}…${text.slice(-100)}` : text;
}

/** Returns the message of whatever was thrown. */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'it threw what has no text';
  }
}
