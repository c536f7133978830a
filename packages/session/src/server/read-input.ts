import { coreError, FileArgument, type Invocation } from '@patchbay/objects';

import { decodePayload, type Importer, type ValueLimits } from '../protocol/decode-payload.js';
import { type Arguments, type Attachment, type Handle, isHandle } from '../protocol/frame.js';
import { malformed } from '../protocol/message-reader.js';

/** What a caller passed: handles are imported when it arrives, the rest is decoded when it is asked for. */
export class CallInput {
  readonly #limits: ValueLimits;
  /** Undefined once it is decoded, as it may be large. */
  #encoded: Arguments | undefined;
  #decoded: Invocation['input'] = { values: [] };
  #imported: Map<Handle, unknown> | undefined;

  constructor(encoded: Arguments, limits: ValueLimits) {
    this.#encoded = encoded;
    this.#limits = limits;
  }

  /** Imports the arguments passed by handle, before further frames refer to them. @throws RpcError of the importer */
  importAll(importer: Importer): void {
    const input = this.#encoded;
    const attachments =
      input === undefined ? [] : 'words' in input ? input.streams : input.values.attachments;
    for (const { content } of attachments) {
      if (isHandle(content)) {
        (this.#imported ??= new Map()).set(content, importer(content));
      }
    }
  }

  /** @throws RpcError as `decodePayload` */
  get decoded(): Invocation['input'] {
    if (this.#encoded !== undefined) {
      this.#decoded = readInput(this.#encoded, (handle) => this.#imported?.get(handle), this.#limits);
      this.#encoded = undefined;
    }
    return this.#decoded;
  }
}

function readInput(input: Arguments, importer: Importer, limits: ValueLimits): Invocation['input'] {
  if ('words' in input) {
    return { argv: readArgv(input.words, input.streams, importer, limits) };
  }
  const values = decodePayload(input.values, importer, limits) ?? [];
  if (!Array.isArray(values)) {
    throw coreError('MESSAGE_MALFORMED', 'the arguments of a call are an array');
  }
  return { values };
}

function readArgv(
  argv: readonly string[],
  streams: readonly Attachment[],
  importer: Importer,
  { maxJsonBytes }: ValueLimits,
): readonly (string | FileArgument)[] {
  const length = argv.reduce((sum, arg) => sum + arg.length, 0);
  if (length > maxJsonBytes) {
    const message = `the command line has ${String(length)} characters, more than the ${String(maxJsonBytes)} that are accepted (limits.maxJsonBytes)`;
    throw coreError('MESSAGE_TOO_LARGE', message, { details: { limit: 'maxJsonBytes', maxJsonBytes } });
  }
  if (streams.length === 0) {
    return argv;
  }
  const contents = new Map(streams.map(({ path, content }) => [path[0], content]));
  return argv.map((arg, index) => {
    const content = contents.get(String(index));
    if (!isHandle(content)) {
      return arg;
    }
    if (content.kind !== 'stream') {
      throw malformed(`a ${content.kind} among the arguments of a command line`);
    }
    return new FileArgument(arg, importer(content) as AsyncIterable<unknown>);
  });
}
