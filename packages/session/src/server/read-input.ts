import { coreError, FileArgument, type Invocation } from '@patchbay/objects';

import { decodePayload, type Importer, type ValueLimits } from '../protocol/decode-payload.js';
import { type Arguments, type Attachment, isHandle } from '../protocol/frame.js';
import { malformed } from '../protocol/message-reader.js';

/** Decodes what a caller passed. @throws RpcError as `decodePayload`, and what the importer throws */
export function readInput(input: Arguments, importer: Importer, limits: ValueLimits): Invocation['input'] {
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
