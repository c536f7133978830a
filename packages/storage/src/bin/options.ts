/** Where `rpcserver`, as it is installed, keeps the state of an object that is called `storage`. */
const standardStateDir = '/var/lib/patchbay/rpcserver/objects/storage';

/** The option that says whose catalog is meant. */
export const stateDirOption = {
  type: 'string',
  default: standardStateDir,
  describe: "The storage object's state directory: objects/NAME in that of its server",
} as const;
