import { coreError, parseObjectName, quoted } from '@patchbay/objects';

/** What a command line calls. */
export interface Target {
  readonly object: string;
  /** Undefined when no method was named. */
  readonly method: string | undefined;
  /** What stands before a method's name to call it in the same way, such as `rpcclient echo.`. */
  readonly prefix: string;
}

/**
 * Reads `[OBJECT.]METHOD`, which splits at its last dot because an object's name may have dots; without an object the
 * default one is meant. @throws RpcError `NAME_INVALID`, `ARGUMENT_MISSING`
 */
export function readTarget(word: string | undefined, defaultObject: string): Target {
  const dot = word?.lastIndexOf('.') ?? -1;
  if (word === undefined || dot < 0) {
    return { object: parseObjectName(defaultObject), method: word, prefix: 'rpcclient ' };
  }
  const object = parseObjectName(word.slice(0, dot));
  const method = word.slice(dot + 1);
  if (method === '') {
    throw coreError('ARGUMENT_MISSING', `no method stands behind the dot of ${quoted(word)}`);
  }
  return { object, method, prefix: `rpcclient ${object}.` };
}
