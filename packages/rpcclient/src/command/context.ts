import { type Clock, coreError, jobsObjectName } from '@patchbay/objects';

import type { Client } from '../client.js';

/** Where text is written: a process's stdout or stderr, or a test's array. */
export interface TextSink {
  write(text: string): unknown;
}

/** Where a command prints. */
export interface Output extends TextSink {
  /** Writes text, or bytes as they are. */
  write(data: string | Uint8Array): unknown;
  /** Waits until there is room for more, so that a slow reader slows the printing down. */
  ready(): Promise<void>;
  /** Whether it is a terminal. */
  readonly isTerminal: boolean;
  /** Its width in columns; 0 or undefined if unknown. */
  readonly columns?: number;
}

/** What a command line runs with. */
export interface CommandContext {
  readonly client: Client;
  /** The address of the client's name server. */
  readonly nameServer: string;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Standard input, for a method's arguments; undefined if something else reads it. */
  readonly standardInput: (NodeJS.ReadableStream & AsyncIterable<Uint8Array | string>) | undefined;
  /** The stream under `out`, for a prompt to draw on. */
  readonly output: NodeJS.WritableStream;
  readonly out: Output;
  readonly errors: Output;
  /** Writes a value as one YAML document that ends in a newline. */
  readonly toYaml: (value: unknown) => Promise<string>;
  /** Reports whether a person is there to ask: standard input and standard error are terminals. */
  hasPerson(): boolean;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Runs another command line on the same client. @throws RpcError of that command line */
  execute(
    argv: readonly string[],
    options: { readonly defaultObject: string; readonly signal: AbortSignal },
  ): Promise<void>;
  /** Returns the address of the name server that an option names, else the default one. @throws RpcError `CONFIG_INVALID` */
  nameServerAt(option: string | undefined): string;
}

/** Returns the object that keeps jobs, as the environment sets it. */
export function jobsObjectIn({ PATCHBAY_JOBS: variable = '' }: CommandContext['environment']): string {
  return variable === '' ? jobsObjectName : variable;
}

/** Waits for a promise unless the signal aborts first. @throws RpcError `CALL_CANCELLED`, which names `what` */
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
