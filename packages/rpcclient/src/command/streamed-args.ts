import { fstatSync, openSync } from 'node:fs';

import { coreError, isRpcError, type ObjectDescription, quoted, systemErrorText } from '@patchbay/objects';
import type { StreamArgument } from '@patchbay/session/client';
import { typedUnseen } from '@patchbay/terminal';

import type { TextSink } from './context.js';
import { fileChunks, sparse, takesHoles } from './sparse-content.js';

interface OpenOptions {
  readonly method: string;
  readonly describe: () => Promise<ObjectDescription>;
  /** Where a person is asked. */
  readonly errors: TextSink;
}

/**
 * Opens the streams among the arguments of a command line: `-` is standard input, `@FILE` a file's content, both also as
 * the value of an option, `--NAME=@FILE`. `@@TEXT` is the text `@TEXT`, and after `--` every argument is literal.
 *
 * On a terminal, `-` is one line that is typed unseen if the method takes secrets, which is asked then.
 *
 * Zeros are sent as holes if the method takes them, which is asked when there are some.
 *
 * @param input standard input; undefined if something else reads it
 * @throws RpcError `ARGUMENT_INVALID` for a file that cannot be read, or if standard input is not available
 */
export function openStreams(
  args: readonly string[],
  input: NodeJS.ReadableStream | undefined,
  { method, describe, errors }: OpenOptions,
): readonly (string | StreamArgument)[] {
  const literalFrom = args.indexOf('--');
  let unread = input;
  let asked: Promise<boolean> | undefined;
  const accepted = (): Promise<boolean> => (asked ??= areHolesTaken(method, describe));
  return args.map((arg, index) => {
    const { option = '', value = arg } = /^(?<option>--[^=]+=)(?<value>.*)$/s.exec(arg)?.groups ?? {};
    if (literalFrom !== -1 && index >= literalFrom) {
      return arg;
    }
    if (value === '-') {
      const piped = requireInput(unread);
      const content = isTerminal(piped)
        ? typedUnseen(piped, { secretName: () => nameOfSecret(method, describe), errors })
        : sparse(piped, accepted);
      unread = undefined; // it can be read only once
      return { typed: arg, content };
    }
    if (value.startsWith('@@')) {
      return option + value.slice(1);
    }
    return value.startsWith('@') ? { typed: arg, content: sparse(openFile(value.slice(1)), accepted) } : arg;
  });
}

/**
 * Returns the arguments of a call that was refused because it has the path of a file where the content belongs, with
 * `@` before that path. Returns undefined after any other refusal; if the argument is not evidently a path, so that no
 * server gets a file by mistake; and if the arguments include standard input, which may have been read.
 */
export function withFileContent(args: readonly string[], refusal: unknown): readonly string[] | undefined {
  const path = isRpcError(refusal, 'FILE_EXPECTED') ? refusal.details.word : undefined;
  if (typeof path !== 'string' || !/^\.{0,2}\//.test(path)) {
    return undefined;
  }
  const literalFrom = args.indexOf('--');
  const before = literalFrom === -1 ? args : args.slice(0, literalFrom);
  const at = before.findIndex((arg) => arg === path || (arg.startsWith('--') && arg.endsWith(`=${path}`)));
  const readsInput = before.some((arg) => /^(?:--[^=]+=)?-$/.test(arg));
  if (at === -1 || readsInput) {
    return undefined;
  }
  return args.map((arg, index) => (index === at ? `${arg.slice(0, -path.length)}@${path}` : arg));
}

function isTerminal(input: NodeJS.ReadableStream): input is NodeJS.ReadStream {
  return 'isTTY' in input && input.isTTY === true;
}

/** Names a secret among a method's arguments; undefined if it takes none, or nobody knows. */
async function nameOfSecret(
  method: string,
  describe: () => Promise<ObjectDescription>,
): Promise<string | undefined> {
  try {
    const found = (await describe()).methods.find(({ name }) => name === method);
    return [...(found?.args ?? []), ...(found?.options ?? [])].find(({ secret }) => secret === true)?.name;
  } catch {
    return undefined; // its call reports what is wrong
  }
}

function requireInput(
  input: NodeJS.ReadableStream | undefined,
): NodeJS.ReadableStream & AsyncIterable<Uint8Array | string> {
  if (input?.readable !== true) {
    const message = '"-" is standard input, which cannot be read here, or was read already';
    throw coreError('ARGUMENT_INVALID', message);
  }
  return input as NodeJS.ReadableStream & AsyncIterable<Uint8Array | string>;
}

/** Reports whether a method takes holes. Its call reports what is wrong with the method or the server. */
async function areHolesTaken(method: string, describe: () => Promise<ObjectDescription>): Promise<boolean> {
  try {
    const { methods } = await describe();
    return methods.some((each) => each.name === method && takesHoles(each));
  } catch {
    return false;
  }
}

function openFile(path: string): ReturnType<typeof fileChunks> {
  try {
    const fd = openSync(path, 'r');
    if (fstatSync(fd).isDirectory()) {
      throw new Error('it is a directory');
    }
    return fileChunks(fd, path);
  } catch (error) {
    const why = `${systemErrorText(error)}; to pass a text that begins with "@", write "@@"`;
    throw coreError('ARGUMENT_INVALID', `cannot read the file ${quoted(path)}: ${why}`, { cause: error });
  }
}
