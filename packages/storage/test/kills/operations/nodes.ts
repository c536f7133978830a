import type { OperationCase, Step } from './operation.js';

/** How a node is provisioned that boots over the network. */
const booting = { mac: '52:54:00:00:00:07' };
/** For how long a disk is put into the trash, in milliseconds. */
export const trashMs = 3_600_000;

export const provisioned: Step = (storage) => storage.provision('node7', 'ubuntu', booting);
export const withSnapshot: Step = (storage) => storage.create_snapshot('node7', 's');
export const kept: Step = (storage) => storage.detach_node('node7', { keepDisk: true });
export const deleted: Step = (storage) => storage.detach_node('node7', { now: true });
export const trashed: Step = (storage) => storage.detach_node('node7', { trashMs });

/** Returns the operations on nodes. The image `ubuntu` and its node `keeper` are there before. */
export function nodeOperations(): readonly OperationCase[] {
  return [
    { title: 'provision', operation: provisioned, clones: true },
    {
      title: 'provision --ephemeral --size',
      operation: async (storage) => {
        const { sizeBytes } = await storage.show_node('keeper');
        await storage.provision('node7', 'ubuntu', { ephemeral: true, sizeBytes: 2 * sizeBytes });
      },
    },
    {
      title: 'provision from a snapshot',
      prepare: [(storage) => storage.create_snapshot('keeper', 'base')],
      operation: (storage) => storage.provision('node7', 'ubuntu', 'base'),
    },
    { title: 'provision of a kept disk', prepare: [provisioned, kept], operation: provisioned },
    {
      title: 'provision_many',
      operation: async (storage) => {
        const { failed } = await storage.provision_many('ubuntu', ['node1', 'node2'], { concurrency: 2 });
        if (failed.length > 0) {
          throw new Error(JSON.stringify(failed));
        }
      },
      between: ['node1', 'node2'].map((node) => (storage) => storage.provision(node, 'ubuntu')),
    },
    { title: 'detach_node', prepare: [provisioned], operation: (storage) => storage.detach_node('node7') },
    { title: 'detach_node --now', prepare: [provisioned], operation: deleted },
    {
      title: 'detach_node --now of a connected node',
      prepare: [provisioned],
      operation: deleted,
      isConnected: true,
    },
    { title: 'detach_node --keep-disk', prepare: [provisioned], operation: kept },
    { title: 'detach_node --trash', prepare: [provisioned], operation: trashed },
    {
      title: 'detach_node --force in the middle of a provision',
      operation: interruptedBy(provisioned),
      isTwo: true,
      between: [provisioned],
      clones: true,
    },
    {
      title: 'detach_node --force in the middle of a create_snapshot',
      prepare: [provisioned],
      operation: interruptedBy(withSnapshot),
      isTwo: true,
      between: [
        withSnapshot,
        async (storage, site) => {
          await withSnapshot(storage, site);
          await storage.detach_node('node7');
        },
        (storage) => storage.detach_node('node7'),
      ],
      clones: true,
    },
    {
      title: 'rename_node',
      prepare: [provisioned, withSnapshot],
      operation: (storage) => storage.rename_node('node7', 'node8'),
    },
    {
      title: 'rename_node --force of a connected node',
      prepare: [provisioned, withSnapshot],
      operation: (storage) => storage.rename_node('node7', 'node8', { force: true }),
      isConnected: true,
    },
    {
      title: 'rotate_credentials',
      prepare: [provisioned],
      operation: (storage) => storage.rotate_credentials('node7'),
    },
    {
      title: 'rotate_credentials --force of a connected node',
      prepare: [provisioned],
      operation: (storage) => storage.rotate_credentials('node7', { force: true }),
      isConnected: true,
    },
    {
      title: 'reconcile of a target with a rule added by hand',
      prepare: [provisioned],
      operation: async (storage, site) => {
        await site.addRule('node7');
        await storage.reconcile();
      },
      isTwo: true,
    },
    {
      title: 'provision --on-conflict of a node that has its disk',
      prepare: [provisioned],
      operation: (storage) => storage.provision('node7', 'ubuntu', { ...booting, onConflict: 'keep' }),
    },
    {
      title: 'renew_boot_token',
      prepare: [provisioned],
      operation: (storage) => storage.renew_boot_token('node7'),
    },
  ];
}

/** Begins an operation on `node7`, and detaches the node meanwhile. */
function interruptedBy(first: Step): Step {
  return async (storage, site) => {
    const interrupted = Promise.allSettled([first(storage, site)]);
    await storage.detach_node('node7', { force: true });
    await interrupted;
  };
}
