import { coreError } from '@patchbay/objects';

import { escapeControls } from './terminal.js';

/** Where a person is asked. */
interface TextSink {
  write(text: string): unknown;
}

/** A terminal, as far as a line is read from it unseen. */
export interface RawTerminal extends AsyncIterable<Uint8Array | string> {
  /** Takes what is typed as it is, without showing it, or lets the terminal show and edit it again. */
  setRawMode(raw: boolean): unknown;
}

/** The longest secret that is typed, in characters. */
const maxLength = 4_096;

/**
 * Yields one line that is typed unseen, if what a call takes is secret; else what the terminal's user types.
 *
 * @param options `secretName` asks for the name of what is secret; undefined for nothing
 * @throws RpcError `CALL_CANCELLED` on Ctrl-C or Ctrl-D
 */
export async function* typedUnseen(
  terminal: RawTerminal,
  options: { readonly secretName: () => Promise<string | undefined>; readonly errors: TextSink },
): AsyncGenerator<Uint8Array | string, void, undefined> {
  const name = await options.secretName();
  if (name === undefined) {
    yield* terminal;
    return;
  }
  options.errors.write(`${escapeControls(name)} (not shown): `);
  terminal.setRawMode(true);
  try {
    yield await lineOf(terminal, name);
  } finally {
    terminal.setRawMode(false);
    options.errors.write('\n');
  }
}

async function lineOf(keys: AsyncIterable<Uint8Array | string>, name: string): Promise<string> {
  const decoder = new TextDecoder();
  let line = '';
  for await (const chunk of keys) {
    for (const key of typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })) {
      if (key === '\r' || key === '\n') {
        return line;
      }
      if (key === '\u0003' || key === '\u0004') {
        throw coreError('CALL_CANCELLED', `the call was cancelled: ${name} was not given`);
      }
      line = key === '\u007f' || key === '\b' ? line.replace(/.$/su, '') : line + key;
      if (line.length > maxLength) {
        throw coreError('ARGUMENT_INVALID', `${name} is longer than ${String(maxLength)} characters`);
      }
    }
  }
  return line;
}

/**
 * Returns a secret that a command was told to read: one line that is typed unseen on a terminal, else what is piped in.
 *
 * @param name names it for whoever types
 * @throws RpcError `CALL_CANCELLED` on Ctrl-C or Ctrl-D, `ARGUMENT_INVALID` for one that is too long
 */
export async function readSecret(
  name: string,
  input: NodeJS.ReadableStream & { readonly isTTY?: boolean },
  errors: TextSink,
): Promise<string> {
  const chunks =
    input.isTTY === true
      ? typedUnseen(input as unknown as RawTerminal, { secretName: () => Promise.resolve(name), errors })
      : (input as AsyncIterable<Uint8Array | string>);
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunks) {
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    if (text.length > maxLength) {
      throw coreError('ARGUMENT_INVALID', `${name} is longer than ${String(maxLength)} characters`);
    }
  }
  return text.trim();
}
