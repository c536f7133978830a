import { coreError } from '@patchbay/objects';
import { formatted } from '@patchbay/terminal';

import { tlsIn } from '../command/command-line.js';
import { unlessAborted } from '../command/context.js';
import { type PrepareVerb, readVerbArgs } from './verb.js';

/** `rpcclient doctor`: examines all that calls need, and fails where something is wrong. */
export const prepare: PrepareVerb = (line, { format }, context) => {
  const [object] = readVerbArgs('doctor', line, ['object', 'timeout', 'watch']).positionals as string[];
  return async (out) => {
    const { client, environment, signal } = context;
    // On demand: no other command needs what it loads.
    const { examine } = await import('../doctor/examine.js');
    const nameServer = line.options.get('name-server');
    const { insecure } = client;
    const examining = examine({ nameServer, insecure, environment, object, tls: tlsIn(line) });
    const findings = await unlessAborted(examining, signal, 'the examination');
    const rows = findings.map(({ ok, ...each }) => ({
      check: each.check,
      of: each.of,
      result: ok ? 'ok' : 'failed',
      seen: each.seen,
      ...(each.todo !== undefined && { todo: each.todo }),
    }));
    out.write(await formatted(rows, format, context.toYaml));
    const wrong = findings.filter(({ ok }) => !ok).length;
    if (wrong > 0) {
      const message = `${String(wrong)} of ${String(findings.length)} checks failed; each row says what to do`;
      throw coreError('CHECKS_FAILED', message, { details: { failed: wrong } });
    }
  };
};
