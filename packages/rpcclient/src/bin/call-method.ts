import { once } from 'node:events';

import { jsonText, resultText, systemClock } from '@patchbay/core';
import { writeOut } from '@patchbay/core/daemon';

import { type Client } from '../client.js';
import { ProgressView } from '../command/progress.js';

/** A call as the command line asks for it. */
export interface CommandCall {
  readonly object: string;
  readonly method: string;
  readonly words: readonly string[];
  readonly timeoutMs: number | 'none';
  /** Whether to print the result as JSON, and nothing else. */
  readonly json: boolean;
}

/** Makes a call and prints what comes of it. @throws RpcError what the call throws */
export async function callMethod(client: Client, request: CommandCall, signal: AbortSignal): Promise<void> {
  const { object, method, words, timeoutMs, json } = request;
  const call = client.callWithWords(object, method, words, { timeoutMs, signal });
  if (json) {
    await writeOut(`${jsonText(await call)}\n`);
    return;
  }
  const view = new ProgressView({
    bar: process.stderr.isTTY ? process.stderr : undefined,
    lines: process.stdout,
    clock: systemClock,
  });
  try {
    for await (const item of call) {
      view.show(item);
      if (process.stdout.writableNeedDrain) {
        await once(process.stdout, 'drain'); // a slow reader slows the method
      }
    }
  } finally {
    view.end();
  }
  const text = resultText(await call);
  await writeOut(text === '' ? '' : `${text}\n`);
}
