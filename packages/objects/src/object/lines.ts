import { coreError } from '../errors/core-errors.js';

/** How long a line may be, in characters. */
const longestLine = 1024 * 1024;

/** Gives the lines of a stream of bytes in UTF-8, without their ends; empty ones are left out. */
export async function* linesOf(content: AsyncIterable<unknown>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const piece of content) {
    rest += typeof piece === 'string' ? piece : decoder.decode(piece as Uint8Array, { stream: true });
    const lines = rest.split(/\r?\n/);
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
    if (rest.length > longestLine) {
      throw coreError('ARGUMENT_INVALID', 'a line of more than 1 MiB');
    }
  }
  rest += decoder.decode();
  if (rest !== '') {
    yield rest;
  }
}
