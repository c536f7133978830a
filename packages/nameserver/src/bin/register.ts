import { createHash } from 'node:crypto';

import { command, logSettings, openLog, runDaemon } from '@patchbay/daemon';
import {
  acceptedDurations,
  coreError,
  defaultLeaseMs,
  formatDuration,
  parseDuration,
  quoted,
} from '@patchbay/objects';

import { nameServerTransport, reachNameServer } from '../client.js';
import { keepName } from '../keep-name.js';
import { callNameServer, serverOptions } from './calling.js';
import { readMetadata } from './set-metadata.js';

/** `nameserver register`: keeps a name for a server that does not do so itself. */
export const register = command({
  name: 'register',
  summary: 'Register a name for a server that does not do so itself, and keep it until SIGTERM or Ctrl-C',
  args: {
    name: { type: 'string', required: true, summary: 'The name' },
    address: { type: 'string', required: true, summary: 'HOST:PORT, as clients dial the server' },
  },
  options: {
    meta: { type: 'string', repeated: true, placeholder: 'KEY=VALUE', summary: 'A metadata entry' },
    shared: { type: 'boolean', default: false, summary: 'Let other servers register the name too' },
    replace: { type: 'boolean', default: false, summary: 'Take over the name from its present owner' },
    ttl: {
      type: 'string',
      placeholder: 'DURATION',
      summary: 'How long the name outlives this command when it dies, 1s to 1h',
      defaultNote: formatDuration(defaultLeaseMs),
    },
    ...serverOptions,
  },
  run: async (args) => {
    const { name, address, shared, replace } = args;
    const metadata = Object.fromEntries(readMetadata(args.meta ?? [], 'write KEY=VALUE'));
    const { address: nameServer, ...dialling } = await reachNameServer(args['name-server'], args.insecure);
    const registrant = {
      nameServer,
      transport: nameServerTransport(dialling),
      serverId: serverIdOf(name, address),
      address,
      ttlMs: readTtl(args.ttl),
    };
    const claim = { name, metadata, shared, replace };
    // Asked once outside the loop that keeps the name: what is wrong with it is for a person to see, not for a log.
    await callNameServer(args, (names) =>
      names.register(registrant.serverId, address, [claim], { ttlMs: registrant.ttlMs }),
    );
    const log = openLog(logSettings.parse({}));
    const kept = { ...claim, replace: false }; // it has been taken
    await runDaemon((signal) => keepName({ ...registrant, claim: kept, log }, signal), { log });
  },
});

/** Derives a server's identity from what is known of it, so that this command takes the name over from itself at once. */
function serverIdOf(name: string, address: string): string {
  const digest = createHash('sha256').update(`${name} ${address}`).digest('hex');
  return `register-${digest.slice(0, 16)}`;
}

function readTtl(text: string | undefined): number {
  const ttlMs = text === undefined ? defaultLeaseMs : parseDuration(text);
  if (ttlMs === undefined) {
    throw coreError(
      'ARGUMENT_INVALID',
      `option --ttl must be ${acceptedDurations}, not ${quoted(text ?? '')}`,
    );
  }
  return ttlMs;
}
