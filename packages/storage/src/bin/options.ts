/** The state directory of an object named `storage` in an installed `rpcserver`. */
const standardStateDir = '/var/lib/patchbay/rpcserver/objects/storage';

/** The option that selects the catalog. */
export const stateDirOption = {
  type: 'string',
  default: standardStateDir,
  describe: "The storage object's state directory: objects/NAME in that of its server",
} as const;
