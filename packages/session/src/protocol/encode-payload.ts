import { types } from 'node:util';

import { coreError, maxNesting } from '@patchbay/objects';

import type { Attachment, Handle, Payload } from './frame.js';
import { copyJson, type UncarriedReason } from './json-copy.js';

const noAttachments: readonly Attachment[] = [];

/** From this length on a string is attached instead of escaped and parsed as JSON. */
const longStringLength = 1024;

/** Exports the values that cannot leave their side. */
export interface Exporter {
  /** Reports whether a handle must be sent in a value's place. */
  mustExport(value: object): boolean;
  /** Returns the handle for such a value. @throws RpcError when it cannot be exported */
  exportValue(value: object): Handle;
}

/**
 * Encodes a value.
 *
 * @param root the name of the value in messages, such as `arguments`
 * @throws RpcError of the reason, for what cannot be carried, such as NaN or a Map; details.path says where it is in the value
 */
export function encodePayload(
  value: unknown,
  root: string,
  exporter?: Exporter,
  reason: UncarriedReason = 'ARGUMENT_INVALID',
): Payload {
  let attachments = noAttachments;
  let structure = value;
  if (!isPlain(value, exporter)) {
    const detached: Attachment[] = [];
    structure = detach(value, root, detached, exporter, reason);
    attachments = detached;
  }
  try {
    const json: unknown = JSON.stringify(structure); // undefined for undefined
    return { json: typeof json === 'string' ? json : '', attachments };
  } catch (cause) {
    throw coreError(reason, `${root} cannot be written as JSON`, { cause });
  }
}

/** Returns arguments without those at the end that are undefined: absent, not null, when they arrive. */
export function withoutAbsent(args: readonly unknown[]): readonly unknown[] {
  return args.slice(0, args.findLastIndex((each) => each !== undefined) + 1);
}

/** Reports whether JSON holds a value as it is; when in doubt, it does not. */
function isPlain(value: unknown, exporter: Exporter | undefined): boolean {
  try {
    return isPlainAt(value, exporter, 0);
  } catch {
    return false; // a getter throws, and does so again where its path is known
  }
}

function isPlainAt(value: unknown, exporter: Exporter | undefined, depth: number): boolean {
  if (typeof value === 'string') {
    return value.length < longStringLength;
  }
  if (typeof value === 'number') {
    return Number.isFinite(value);
  }
  if (typeof value === 'object') {
    return value === null || (depth < maxNesting && isPlainObject(value, exporter, depth));
  }
  return typeof value === 'boolean' || value === undefined;
}

function isPlainObject(value: object, exporter: Exporter | undefined, depth: number): boolean {
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) {
      if (item === undefined || !isPlainAt(item, exporter, depth + 1)) {
        return false;
      }
    }
    return Object.getPrototypeOf(value) === Array.prototype;
  }
  if (
    Object.getPrototypeOf(value) !== Object.prototype ||
    Symbol.asyncIterator in value ||
    exporter?.mustExport(value) === true
  ) {
    return false;
  }
  for (const key in value) {
    if (!isPlainAt((value as Record<string, unknown>)[key], exporter, depth + 1)) {
      return false;
    }
  }
  return true;
}

/** Copies a value with null in place of what is attached to its JSON. */
function detach(
  value: unknown,
  root: string,
  attachments: Attachment[],
  exporter: Exporter | undefined,
  reason: UncarriedReason,
): unknown {
  const exported: { readonly path: readonly string[]; readonly part: object }[] = [];
  const structure = copyJson(value, root, {
    reason,
    replace: (part, path, refuse) => {
      const isText = typeof part === 'string';
      if (isText && (part.length < longStringLength || !part.isWellFormed())) {
        return undefined;
      }
      const isBytes = types.isUint8Array(part);
      if (!isText && !isBytes && exporter?.mustExport(part) !== true) {
        return undefined;
      }
      if (!path.every((key) => typeof key === 'number' || key.isWellFormed())) {
        // Protobuf's UTF-8 cannot hold half of a surrogate pair, which JSON can escape.
        return isText ? undefined : refuse('is not JSON, under a key that is not well-formed Unicode');
      }
      if (isText || isBytes) {
        attachments.push({ path: path.map(String), content: part });
      } else {
        exported.push({ path: path.map(String), part });
      }
      return null;
    },
  });
  // Last, so that nothing is exported for a value that is refused.
  for (const { path, part } of exported) {
    attachments.push({ path, content: (exporter as Exporter).exportValue(part) });
  }
  return structure;
}
