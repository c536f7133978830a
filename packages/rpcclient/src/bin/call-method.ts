import { coreError, isRpcError, quoted } from '@patchbay/objects';
import { itemText, jsonText } from '@patchbay/terminal';

import { type ByteOutput } from '../command/byte-output.js';
import { formatted } from '../command/format.js';
import { ProgressView } from '../command/progress.js';
import { type Settings } from '../command/settings.js';
import { type Output, type Stage } from '../command/stage.js';

/** A call as the command line asks for it. */
export interface CommandCall extends Pick<Settings, 'timeoutMs' | 'format' | 'outputFile'> {
  readonly object: string;
  readonly method: string;
  readonly words: readonly string[];
}

/** Makes a call and prints what comes of it. @throws RpcError what the call throws */
export async function callMethod(request: CommandCall, stage: Stage, out: Output): Promise<void> {
  for (let { words } = request; ;) {
    try {
      await callOnce({ ...request, words }, stage, out);
      return;
    } catch (error) {
      if (!isRpcError(error, 'FILE_EXPECTED')) {
        throw error;
      }
      // The method has not run: only the server knows the schema by which a path means the file's content.
      const { withFile } = await import('../command/streamed-words.js');
      const read = withFile(words, error);
      if (read === undefined) {
        throw error;
      }
      words = read;
    }
  }
}

async function callOnce(request: CommandCall, stage: Stage, out: Output): Promise<void> {
  const { object, method, timeoutMs, format, outputFile } = request;
  const { client, clock, errors, signal } = stage;
  const words = request.words.some(mayStream)
    ? (await import('../command/streamed-words.js')).openWords(request.words, stage.standardInput)
    : request.words;
  const call = client.callWithArgv(object, method, words, { timeoutMs, signal });
  if (format === 'json' && outputFile === undefined) {
    out.write(await formatted(await call, format, stage));
    return;
  }
  const view = new ProgressView({
    // Looked at when there is progress: a command that has none need not open its standard error.
    get bar() {
      return errors.isTerminal && format !== 'json' ? errors : undefined;
    },
    lines: format === 'yaml' || format === 'json' ? undefined : out,
    lineOf: format === 'ndjson' ? jsonText : itemText,
    clock,
  });
  const takesBytes = format === 'table' || outputFile !== undefined;
  let bytes: ByteOutput | undefined;
  try {
    for await (const item of call) {
      if (takesBytes && item instanceof Uint8Array) {
        bytes ??= (await import('../command/byte-output.js')).openByteOutput(outputFile, stage, out);
        await bytes.write(item);
      } else {
        view.show(item);
        await out.ready(); // a slow reader slows the method
      }
    }
    await bytes?.finish();
  } finally {
    view.end();
    await bytes?.discard();
  }
  const text = await formatted(await call, format, stage);
  if (bytes === undefined || outputFile !== undefined) {
    out.write(text);
  } else if (errors.isTerminal) {
    errors.write(text); // standard output has the bytes, and nothing else
  }
  if (bytes === undefined && outputFile !== undefined) {
    throw coreError('ARGUMENT_INVALID', `${method} gave no bytes to write to ${quoted(outputFile)}`);
  }
}

/** Says whether a word may stand for a stream: `-`, `@FILE`, or an option with such a value. */
function mayStream(word: string): boolean {
  return /^(?:--[^=]+=)?(?:-$|@)/.test(word);
}
