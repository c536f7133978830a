import { createInterface } from 'node:readline/promises';

/** Asks a question on the terminal; no answer (Ctrl-C, Ctrl-D) is a no. */
export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const left = new AbortController();
  terminal.once('close', () => {
    left.abort();
  });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: left.signal });
    return /^y(?:es)?$/i.test(answer.trim());
  } catch (error) {
    if (left.signal.aborted) {
      process.stderr.write('\n');
      return false;
    }
    throw error;
  } finally {
    terminal.close();
  }
}
