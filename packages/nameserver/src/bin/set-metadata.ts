import { command, printResult } from '@patchbay/daemon';
import { coreError, quoted } from '@patchbay/objects';
import { nameRow } from '@patchbay/terminal';

import { callingOptions, callNameServer } from './calling.js';

/** `nameserver set-metadata`: what operators attach to a name. */
export const setMetadata = command({
  name: 'set-metadata',
  summary: "Set keys of a name's metadata (KEY=VALUE) or remove them (KEY=)",
  args: {
    name: { type: 'string', required: true, summary: 'The name' },
    changes: {
      type: 'string',
      repeated: true,
      required: true,
      placeholder: 'KEY=VALUE',
      summary: 'KEY=VALUE, or KEY= to remove KEY',
    },
  },
  options: callingOptions,
  run: async (args) => {
    const metadata = [...readMetadata(args.changes, 'write KEY=VALUE to set a key, KEY= to remove it')];
    const changes = Object.fromEntries(metadata.map(([key, value]) => [key, value === '' ? null : value]));
    const record = await callNameServer(args, (names) => names.set_metadata(args.name, changes));
    await printResult(record, args, nameRow(record));
  },
});

/** Reads metadata, `KEY=VALUE` each. @throws RpcError `ARGUMENT_INVALID`, which says what to write */
export function readMetadata(texts: readonly string[], advice: string): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const key = text.slice(0, Math.max(0, equals));
    if (key === '') {
      throw coreError('ARGUMENT_INVALID', `${quoted(text)}: ${advice}`);
    }
    if (metadata.has(key)) {
      throw coreError('ARGUMENT_INVALID', `the key ${quoted(key)} is given twice`);
    }
    metadata.set(key, text.slice(equals + 1));
  }
  return metadata;
}
