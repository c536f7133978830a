import { type Clock, coreError } from '@patchbay/objects';

import { type Client } from '../client.js';
import { type TextSink } from './progress.js';

/** Where a command prints. */
export interface Output extends TextSink {
  /** Waits until there is room for more, so that a slow reader slows what is printed. */
  ready(): Promise<void>;
  /** Whether a person looks at it. */
  readonly isTerminal: boolean;
  /** How wide it is, in columns; 0 or undefined where nobody knows. */
  readonly columns?: number;
}

/** What a command line has to work with. */
export interface Stage {
  readonly client: Client;
  /** The address of the name server that the client asks. */
  readonly nameServer: string;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Standard input, for a method's arguments; undefined where something else reads it. */
  readonly standardInput: (NodeJS.ReadableStream & AsyncIterable<Uint8Array | string>) | undefined;
  /** The stream beneath `out`, for a prompt to draw on. */
  readonly output: NodeJS.WritableStream;
  readonly out: Output;
  readonly errors: Output;
  /** Writes a value as one YAML document that ends in a newline. */
  toYaml(value: unknown): Promise<string>;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Runs another command line on the same client. @throws RpcError what comes of it */
  execute(
    words: readonly string[],
    options: { readonly defaultObject: string; readonly signal: AbortSignal },
  ): Promise<void>;
  /** Gives the address of the name server that an option names, else of the usual one. @throws RpcError */
  nameServerAt(option: string | undefined): string;
}

/** Lines longer than this are hard to read, however wide the terminal is. */
const widestText = 100;

/** Gives the width to which text for people is wrapped. */
export function textWidth({ columns = 0 }: Pick<Output, 'columns'>): number {
  return Math.min(columns > 0 ? columns : 80, widestText);
}

/** Waits for a promise until the signal aborts. @throws RpcError `CALL_CANCELLED` when it does, saying so of `what` */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, what: string): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      reject(coreError('CALL_CANCELLED', `${what} was cancelled`));
    };
    signal.addEventListener('abort', stop);
  });
  try {
    if (signal.aborted) {
      stop();
    }
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
