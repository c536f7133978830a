import { resolve } from 'node:path';

import { command, formatOptions, interruptible, printResult } from '@patchbay/daemon';
import { acceptedSizes, coreError, parseBytes, quoted } from '@patchbay/objects';

import { execTool } from '../exec.js';
import { initPool as init } from '../init-pool/init-pool.js';
import { systemdRuns } from '../init-pool/mount.js';

/** `rpcserver init-pool`: creates a filesystem for a pool. */
export const initPool = command({
  name: 'init-pool',
  summary: 'Create an XFS with reflinks on a device or in a file, and have the machine mount it at boot',
  args: { target: { type: 'string', required: true, summary: 'The device, or the file to create' } },
  options: {
    size: {
      type: 'string',
      summary: 'The size of the file, such as 500GiB; the file is sparse. Required for a file',
    },
    'mount-point': {
      type: 'string',
      placeholder: 'DIR',
      default: '/var/lib/patchbay/pool',
      summary: 'Where to mount it: the option `pool` of the storage object',
    },
    fstab: {
      type: 'boolean',
      summary: 'Mount it by a line in /etc/fstab, not by a unit; the default where systemd does not run',
    },
    now: { type: 'boolean', default: false, summary: 'Also mount it now, on an empty directory' },
    force: { type: 'boolean', default: false, summary: 'Overwrite the data on the device or in the file' },
    prefix: {
      type: 'string',
      placeholder: 'DIR',
      default: '/',
      summary: 'The root directory of the machine to configure',
    },
    ...formatOptions,
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
    const text = `${made.source} holds an XFS with reflinks, which ${made.mountedBy} mounts; ${next}`;
    await printResult(made, args, text);
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
