import { command, printResult, writeOut } from '@patchbay/daemon';
import { coreError, type NameEvent, quoted } from '@patchbay/objects';
import { escapeControls, metadataText, readFormat } from '@patchbay/terminal';

import { callingOptions, callNameServer } from './calling.js';

/** `nameserver watch`: what happens to names, a line each. */
export const watch = command({
  name: 'watch',
  summary: 'Print a line for every name that is registered, changed or removed, until Ctrl-C',
  args: { prefix: { type: 'string', default: '', summary: 'What the names begin with' } },
  options: {
    ...callingOptions,
    'from-revision': {
      type: 'string',
      placeholder: 'REVISION',
      summary: 'Start after this revision, which ping and every event show',
      defaultNote: 'now',
    },
  },
  run: async (args) => {
    const fromRevision = readRevision(args['from-revision']);
    const separator = readFormat(args.format, args.json) === 'yaml' ? '---\n' : '';
    await callNameServer(args, async (names, signal) => {
      try {
        const events = names.with({ timeoutMs: 'none' }).watch({ prefix: args.prefix, fromRevision });
        for await (const event of events) {
          await writeOut(separator);
          await printResult(event, args, lineOf(event));
        }
      } catch (error) {
        if (!signal.aborted) {
          throw error;
        }
      }
    });
  },
});

function lineOf({ type, record, revision }: NameEvent): string {
  const addresses = record.endpoints.map(({ address }) => address).join(',');
  const fields = [`[${String(revision)}]`, type, record.name, addresses, metadataText(record.metadata)];
  return escapeControls(fields.join(' ').trimEnd());
}

function readRevision(text: string | undefined): number | undefined {
  if (text !== undefined && !/^\d{1,15}$/.test(text)) {
    throw coreError('ARGUMENT_INVALID', `option --from-revision must be a whole number, not ${quoted(text)}`);
  }
  return text === undefined ? undefined : Number(text);
}
