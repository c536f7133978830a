import { resolve } from 'node:path';

import { command, interruptible, writeOut } from '@patchbay/daemon';
import { acceptedSizes, coreError, parseBytes, quoted } from '@patchbay/objects';

import { execTool } from '../exec.js';
import { initPool as init } from '../init-pool/init-pool.js';
import { systemdRuns } from '../init-pool/mount.js';

/** `rpcserver init-pool`: creates a filesystem for a pool. */
export const initPool = command({
  usage: 'init-pool <target>',
  summary: 'Create an XFS with reflinks on a device or in a file, and have the machine mount it at boot',
  positionals: {
    target: { type: 'string', demandOption: true, describe: 'The device, or the file to create' },
  },
  options: {
    size: { type: 'string', describe: 'The size of the file, such as 500GiB; the file is sparse' },
    'mount-point': {
      type: 'string',
      default: '/var/lib/patchbay/pool',
      describe: 'Where to mount it: the option `pool` of the storage object',
    },
    fstab: {
      type: 'boolean',
      describe: 'Mount it by a line in /etc/fstab, not by a unit; default: if systemd does not run',
    },
    now: { type: 'boolean', default: false, describe: 'Also mount it now, on an empty directory' },
    force: { type: 'boolean', default: false, describe: 'Overwrite the data on the device or in the file' },
    prefix: { type: 'string', default: '/', describe: 'The root directory of the machine to configure' },
  },
  run: async (args) => {
    const prefix = resolve(args.prefix);
    const fstab = args.fstab ?? (prefix === '/' && !systemdRuns());
    const request = {
      target: resolve(args.target),
      sizeBytes: sizeOf(args.size),
      mountPoint: resolve(args['mount-point']),
      force: args.force,
      mountBy: fstab ? ('fstab' as const) : ('systemd' as const),
      mountNow: args.now,
      prefix,
    };
    const made = await interruptible((signal) =>
      init({ ...request, signal }, execTool).catch((error: unknown) => {
        throw signal.aborted
          ? coreError('CALL_CANCELLED', `cancelled; no pool was created on ${request.target}`, {
              cause: error,
            })
          : error;
      }),
    );
    const next = made.mounted
      ? `it is mounted at ${made.mountPoint}`
      : `mount it with: ${fstab ? `mount ${made.mountPoint}` : `systemctl enable --now ${made.mountedBy}`}`;
    await writeOut(`${made.source} holds an XFS with reflinks, which ${made.mountedBy} mounts; ${next}\n`);
  },
});

/** @throws RpcError `ARGUMENT_INVALID` */
function sizeOf(text: string | undefined): number | undefined {
  const sizeBytes = text === undefined ? undefined : parseBytes(text);
  if (text !== undefined && sizeBytes === undefined) {
    throw coreError('ARGUMENT_INVALID', `option --size must be ${acceptedSizes}, not ${quoted(text)}`);
  }
  return sizeBytes;
}
