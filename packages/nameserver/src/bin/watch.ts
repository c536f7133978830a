import { command, interruptible, writeOut } from '@patchbay/daemon';
import { coreError, type NameEvent, quoted } from '@patchbay/objects';
import { escapeControls, jsonText, metadataText } from '@patchbay/terminal';

import { callingOptions, callNameServer } from './calling.js';

/** `nameserver watch`: what happens to names, a line each. */
export const watch = command({
  usage: 'watch [prefix]',
  summary: 'Print a line for every name that is registered, changed or removed, until Ctrl-C',
  positionals: { prefix: { type: 'string', default: '', describe: 'What the names begin with' } },
  options: {
    ...callingOptions,
    json: { type: 'boolean', default: false, describe: 'Print a line of JSON for each, for programs' },
    'from-revision': { type: 'string', describe: 'Begin with what changed after this revision (see ping)' },
  },
  run: async (args) => {
    const fromRevision = readRevision(args['from-revision']);
    await interruptible(async (signal) => {
      try {
        await callNameServer(args, async (names) => {
          const events = names
            .with({ timeoutMs: 'none', signal })
            .watch({ prefix: args.prefix, fromRevision });
          for await (const event of events) {
            await writeOut(`${args.json ? jsonText(event) : lineOf(event)}\n`);
          }
        });
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
