import { type ExportedNode, type NodeIn, type NodeRecord, nodes } from '../catalog/tables.js';
import {
  finishDeleting,
  finishDetaching,
  finishGrowing,
  finishReplacing,
  finishTrashing,
  hasGrown,
  putNode,
  stagedVolume,
} from './node-recovery.js';
import type { Outcome, RecoveryServices } from './recovery-services.js';

type State = NodeRecord['state'];

interface NodeState<S extends State> {
  readonly means: string;
  readonly exported: boolean;
  /** How `list_disks` shows the disk. */
  readonly disk: 'attached' | 'kept';
  /** What a method that needs the node's disk does: goes ahead, or fails with this reason. */
  readonly answer: 'ready' | 'NODE_NOT_FOUND' | 'NODE_DETACHED' | 'OPERATION_PENDING';
  /** How a node is brought to rest that an operation left in this state. */
  readonly recovery: NodeRecovery<S> | 'at rest';
}

interface NodeRecovery<S extends State> {
  /** The steps, for the reference. */
  readonly steps: string;
  readonly outcome: 'finished' | 'rolled-back' | Condition<S>;
  /** Does it. The caller holds the operation on the node. @throws what the pool and the target host throw */
  readonly run: (services: RecoveryServices, record: NodeIn<S>, outcome: Outcome) => Promise<void>;
}

/** What decides between `finished` and `rolled-back`. */
interface Condition<S extends State> {
  readonly finishedIf: string;
  readonly holds: (services: RecoveryServices, record: NodeIn<S>) => Promise<boolean>;
}

/**
 * The states of nodes. No caller was told of what is `creating` or `attaching`, so it is undone; everything else was
 * decided, so it is finished if that is possible. docs/reference/storage.md has the same table.
 */
export const nodeStates: { readonly [S in State]: NodeState<S> } = {
  creating: {
    means: 'the disk is being cloned and exported',
    exported: true,
    disk: 'attached',
    answer: 'NODE_NOT_FOUND',
    recovery: {
      steps: 'becomes `deleting`, then as that',
      outcome: 'rolled-back',
      run: async (services, record) => {
        await putNode(services, { ...record, state: 'deleting' });
        await finishDeleting(services, record);
      },
    },
  },
  attaching: {
    means: 'a kept disk is being exported again',
    exported: true,
    disk: 'attached',
    answer: 'OPERATION_PENDING',
    recovery: {
      steps:
        'becomes `detaching`, then as that; a disk that was kept for another node goes back to it, unless that has another disk by now',
      outcome: 'rolled-back',
      run: async (services, record) => {
        await putNode(services, { ...record, state: 'detaching' });
        await finishDetaching(services, record);
      },
    },
  },
  ready: {
    means: 'the node may use its disk',
    exported: true,
    disk: 'attached',
    answer: 'ready',
    recovery: 'at rest',
  },
  rotating: {
    means: 'the export is being given a new secret',
    exported: true,
    disk: 'attached',
    answer: 'OPERATION_PENDING',
    recovery: {
      steps: 'export with the new secret, become `ready`',
      outcome: 'finished',
      run: async (services, record) => {
        await services.exports.sync(record.node);
        await putNode(services, { ...record, state: 'ready' });
      },
    },
  },
  growing: {
    means: 'the file is being made larger and shown to the initiator again',
    exported: true,
    disk: 'attached',
    answer: 'OPERATION_PENDING',
    recovery: {
      steps: 'show the new size to the initiator and become `ready` with it, or become `ready` as before',
      outcome: { finishedIf: 'the file has grown', holds: hasGrown },
      run: finishGrowing,
    },
  },
  replacing: {
    means: 'the file is being replaced by another one',
    exported: false,
    disk: 'attached',
    answer: 'OPERATION_PENDING',
    recovery: {
      steps: 'put the other file in place if it is whole; become `ready` or `detached` as before; export',
      outcome: {
        finishedIf: 'the other file is whole',
        holds: async ({ pool }, record) => (await pool.stat(stagedVolume(record))) !== undefined,
      },
      run: finishReplacing,
    },
  },
  detaching: {
    means: 'the export is being removed, the disk stays',
    exported: false,
    disk: 'attached',
    answer: 'NODE_DETACHED',
    recovery: {
      steps: 'remove the export; give up target id, initiator and MAC; become `detached`',
      outcome: 'finished',
      run: finishDetaching,
    },
  },
  detached: {
    means: 'the disk is kept, without an export',
    exported: false,
    disk: 'kept',
    answer: 'NODE_DETACHED',
    recovery: 'at rest',
  },
  trashing: {
    means: 'the export is being removed, the disk goes to the trash',
    exported: false,
    disk: 'attached',
    answer: 'OPERATION_PENDING',
    recovery: {
      steps:
        'remove the export; put the disk into the trash; forget the node with target id, initiator, MAC and schedules',
      outcome: 'finished',
      run: finishTrashing,
    },
  },
  deleting: {
    means: 'the export and the disk are being removed',
    exported: false,
    disk: 'attached',
    answer: 'NODE_NOT_FOUND',
    recovery: {
      steps:
        "remove the export and the disk's file; forget the node with target id, initiator, MAC and schedules",
      outcome: 'finished',
      run: finishDeleting,
    },
  },
};

export const nodeStateNames = Object.keys(nodeStates) as [State, ...State[]];

/** Reports whether no operation is under way on a node or was cut short. */
export function isAtRest(record: NodeRecord): record is NodeIn<'ready' | 'detached'> {
  return nodeStates[record.state].recovery === 'at rest';
}

export function isExportWanted(record: NodeRecord): record is ExportedNode {
  return nodeStates[record.state].exported;
}

/** Reports what `recoverNode` would come to, without doing it. */
export async function planNode(services: RecoveryServices, record: NodeRecord): Promise<Outcome> {
  const recovery = recoveryOf(record);
  if (recovery === 'at rest') {
    return 'nothing';
  }
  const { outcome } = recovery;
  if (typeof outcome === 'string') {
    return outcome;
  }
  return (await outcome.holds(services, record)) ? 'finished' : 'rolled-back';
}

/** Brings a node to rest that an operation left unfinished. The caller holds the operation on the node. */
export async function recoverNode(services: RecoveryServices, node: string): Promise<Outcome> {
  const record = await services.catalog.get(nodes, node);
  const recovery = record === undefined ? 'at rest' : recoveryOf(record);
  if (record === undefined || recovery === 'at rest') {
    return 'nothing';
  }
  const outcome = await planNode(services, record);
  await recovery.run(services, record, outcome);
  return outcome;
}

function recoveryOf(record: NodeRecord): NodeRecovery<State> | 'at rest' {
  // The entry of a record's state takes records in that state.
  return nodeStates[record.state].recovery as NodeRecovery<State> | 'at rest';
}
