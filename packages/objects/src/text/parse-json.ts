import { coreError } from '../errors/core-errors.js';

/** How deeply arrays and objects may be nested in a value that travels. */
export const maxNesting = 200;

/** How many values and keys one message may hold, by default, for a server: an array's item counts as one. */
export const defaultMaxValues = 100_000;

/** How long JSON may be that is not scanned, in characters: it cannot exceed either limit by much. */
const harmlessLength = 1024;

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
/** The bit that tells braces from brackets. */
const lowerCase = 0x20;
const openingBrace = 0x7b;
const closingBrace = 0x7d;

/**
 * Parses JSON that somebody else wrote. It is scanned first: what is nested too deeply, or holds too many values, would
 * cost a hundred times its size in memory, and everybody else a wait.
 *
 * @param maxValues how many values and keys it may hold
 * @throws RpcError `MESSAGE_TOO_COMPLEX`
 * @throws SyntaxError
 */
export function parseJson(json: string, maxValues = defaultMaxValues): unknown {
  if (json.length > harmlessLength) {
    checkComplexity(json, maxValues);
  }
  return JSON.parse(json);
}

/** Makes the error for a value that holds more than its receiver accepts. */
export function tooManyValues(maxValues: number): Error {
  return coreError(
    'MESSAGE_TOO_COMPLEX',
    `the message holds more than ${String(maxValues)} values and keys, the most that is accepted here ` +
      '(limits.maxValues of a server); send them in several calls, as a stream, or as bytes',
    { details: { limit: 'maxValues', maxValues } },
  );
}

/** Makes the error for a value that is nested too deeply. */
export function tooDeep(): Error {
  return coreError(
    'MESSAGE_TOO_COMPLEX',
    `the message is nested more than ${String(maxNesting)} levels deep, the most that is accepted`,
    { details: { limit: 'maxNesting', maxNesting } },
  );
}

function checkComplexity(json: string, maxValues: number): void {
  let depth = 0;
  let values = 0;
  for (let index = 0; index < json.length; index++) {
    const character = json.charCodeAt(index);
    if (character === quote) {
      index = endOfString(json, index + 1);
    } else if (character === comma || character === colon) {
      if (++values > maxValues) {
        throw tooManyValues(maxValues);
      }
    } else if ((character | lowerCase) === openingBrace) {
      values++;
      if (++depth > maxNesting) {
        throw tooDeep();
      }
    } else if ((character | lowerCase) === closingBrace) {
      depth--;
    }
  }
}

/** Returns the index of the quote that ends a string; the length of the text if there is none. */
function endOfString(json: string, from: number): number {
  let index = json.indexOf('"', from);
  if (index >= 0 && json.charCodeAt(index - 1) !== backslash) {
    return index;
  }
  for (index = from; index < json.length; index++) {
    const character = json.charCodeAt(index);
    if (character === quote) {
      return index;
    }
    if (character === backslash) {
      index++;
    }
  }
  return index;
}
