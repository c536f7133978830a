/** The option that selects the catalog; by default that of an object named `storage` in an installed `rpcserver`. */
export const stateDirOption = {
  type: 'string',
  placeholder: 'DIR',
  default: '/var/lib/patchbay/rpcserver/objects/storage',
  summary: "The storage object's state directory: objects/NAME in that of its server",
} as const;
