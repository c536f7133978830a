import { createReadStream, fstatSync, openSync } from 'node:fs';

import { coreError, isRpcError, quoted } from '@patchbay/objects';
import { type StreamArgument } from '@patchbay/session/client';

/** How much of a file is read at a time, in bytes. */
const pieceBytes = 256 * 1024;

/**
 * Opens what the words of a command line stand for: `-` for standard input, `@FILE` for a file's content, both also
 * as the value of an option, `--NAME=@FILE`. `@@TEXT` is the text `@TEXT`, and behind `--` every word is itself.
 *
 * @param input standard input; undefined where something else reads it
 * @throws RpcError `ARGUMENT_INVALID` for a file that cannot be read, or a standard input that is taken
 */
export function openWords(
  words: readonly string[],
  input: NodeJS.ReadableStream | undefined,
): readonly (string | StreamArgument)[] {
  const literalFrom = words.indexOf('--');
  let rest = input;
  return words.map((word, index) => {
    const { option = '', value = word } = /^(?<option>--[^=]+=)(?<value>.*)$/s.exec(word)?.groups ?? {};
    if (literalFrom !== -1 && index >= literalFrom) {
      return word;
    }
    if (value === '-') {
      const content = requireInput(rest);
      rest = undefined; // a second one would find nothing
      return { typed: word, content };
    }
    if (value.startsWith('@@')) {
      return option + value.slice(1);
    }
    return value.startsWith('@') ? { typed: word, content: openFile(value.slice(1)) } : word;
  });
}

/**
 * Gives the words of a call that was refused because one of them, the path of a file, stood where its content must:
 * with `@` before it. Undefined where the refusal was another one; where the word is not evidently a path, so that no
 * server gets a file that was not meant; and where standard input is among the words, which may have been read.
 */
export function withFile(words: readonly string[], refusal: unknown): readonly string[] | undefined {
  const path = isRpcError(refusal, 'FILE_EXPECTED') ? refusal.details.word : undefined;
  if (typeof path !== 'string' || !/^\.{0,2}\//.test(path)) {
    return undefined;
  }
  const literalFrom = words.indexOf('--');
  const own = literalFrom === -1 ? words : words.slice(0, literalFrom);
  const at = own.findIndex((word) => word === path || (word.startsWith('--') && word.endsWith(`=${path}`)));
  const readsInput = own.some((word) => /^(?:--[^=]+=)?-$/.test(word));
  if (at === -1 || readsInput) {
    return undefined;
  }
  return words.map((word, index) => (index === at ? `${word.slice(0, -path.length)}@${path}` : word));
}

function requireInput(input: NodeJS.ReadableStream | undefined): AsyncIterable<Uint8Array | string> {
  if (input?.readable !== true) {
    throw coreError(
      'ARGUMENT_INVALID',
      '"-" is standard input, which is not there to be read here, or once only',
    );
  }
  return input;
}

function openFile(path: string): AsyncIterable<Uint8Array | string> {
  try {
    const fd = openSync(path, 'r');
    if (fstatSync(fd).isDirectory()) {
      throw new Error('it is a directory');
    }
    return createReadStream(path, { fd, highWaterMark: pieceBytes });
  } catch (error) {
    throw coreError(
      'ARGUMENT_INVALID',
      `cannot read the file ${quoted(path)}: ${(error as Error).message}; for a text that begins with "@" write "@@"`,
      { cause: error },
    );
  }
}
