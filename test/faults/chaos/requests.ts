import { isRpcError } from '@patchbay/objects';

import { QemuSession } from '../../system/qemu-session.js';
import { blockBytes } from './contents.js';
import type { Volume } from './ledger.js';
import type { Request } from './plan.js';
import { MiB, type Scene } from './scene.js';

/** Refusals by what is there: the request had no effect. */
const refusals = [
  'CALLS_EXHAUSTED',
  'DISK_ATTACHED',
  'DISK_IN_USE',
  'DISK_NOT_FOUND',
  'IMAGE_EXISTS',
  'IMAGE_HAS_CLONES',
  'IMAGE_HAS_SNAPSHOTS',
  'IMAGE_NOT_FOUND',
  'NODE_DETACHED',
  'NODE_EXISTS',
  'NODE_NOT_FOUND',
  'OPERATION_PENDING',
  'SIZE_TOO_SMALL',
  'SNAPSHOT_EXISTS',
  'SNAPSHOT_HAS_CLONES',
  'SNAPSHOT_NOT_FOUND',
  'SNAPSHOT_OF_OTHER_DISK',
];

/** Failures by an accident: the request may have had its effect. */
const failures = [
  'CONNECTION_LOST',
  'DEADLINE_PASSED',
  'NAMESERVER_UNAVAILABLE',
  'OBJECT_NOT_FOUND', // while the name server or the server was away for longer than the lease
  'POOL_FULL',
  'POOL_HIGH_WATER',
  'POOL_UNAVAILABLE',
  'PORTAL_UNAVAILABLE',
  'STORE_FAILED',
  'STORE_FULL',
  'TARGET_BUSY',
  'TARGET_CONFLICT',
  'TARGET_TOOL_FAILED', // a target that somebody changed by hand meanwhile
  'TARGET_TOOL_UNAVAILABLE',
  'VOLUME_MISSING',
];

/** What the answer to a request changes; not acknowledged: may have changed. */
type Effect<T> = (acknowledged: boolean, answer?: T) => void;

/**
 * Makes a request, enters its effect into the ledger, and returns what came back in a word. The ledger is read before
 * anything is awaited, so that requests of the same moment see the same one.
 *
 * @param answered called for each answer
 * @throws Error for a failure that no accident excuses
 */
export function make(scene: Scene, request: Request, byte: number, answered: () => void): Promise<string> {
  const { ledger, patchbay } = scene;
  const { storage } = patchbay;
  const outcome = async <T>(call: PromiseLike<T>, effect: Effect<T> = () => undefined): Promise<string> => {
    try {
      const answer = await call;
      effect(true, answer);
      return 'done';
    } catch (error) {
      if (!isRpcError(error) || ![...refusals, ...failures].includes(error.reason)) {
        throw error;
      }
      if (failures.includes(error.reason)) {
        effect(false);
      }
      return error.reason;
    } finally {
      answered();
    }
  };
  const disk = 'node' in request ? ledger.at(`node:${request.node}`, `kept:${request.node}`) : undefined;
  switch (request.kind) {
    case 'provision': {
      const { node, image } = request;
      return outcome(storage.provision(node, image), (acknowledged, answer) => {
        if (disk !== undefined) {
          ledger.move(disk, `node:${node}`, acknowledged);
        } else {
          ledger.add(`node:${node}`, scene.imageContents(image), acknowledged, answer?.diskId);
        }
      });
    }
    case 'clone': {
      const { node, from, snapshot } = request;
      const source = ledger.at(`snapshot:${from}@${snapshot}`);
      const image = source?.image ?? 'ubuntu';
      const call = storage.provision(node, image, `${from}@${snapshot}`);
      return outcome(call, (acknowledged, answer) => {
        if (disk !== undefined) {
          ledger.move(disk, `node:${node}`, acknowledged);
        } else if (source !== undefined) {
          const contents = source.contents.copy();
          ledger.add(`node:${node}`, { contents, image }, acknowledged, answer?.diskId);
        }
      });
    }
    case 'write':
      return write(scene, request.node, disk, byte, answered);
    case 'resize': {
      const sizeBytes = (disk?.contents.leastBytes ?? 0) + MiB;
      return outcome(storage.resize_disk(request.node, sizeBytes), (acknowledged) => {
        disk?.contents.grow(sizeBytes, acknowledged);
      });
    }
    case 'rotate':
      return outcome(storage.rotate_credentials(request.node, { force: true }));
    case 'attach': {
      const { node } = request;
      return disk?.id === undefined
        ? Promise.resolve('nothing to attach')
        : outcome(storage.attach_disk(disk.id, node), (acknowledged) => {
            ledger.move(disk, `node:${node}`, acknowledged);
          });
    }
    case 'retrieve':
    case 'purge': {
      const trashed = ledger.in('trash').find(({ places }) => places.size === 1);
      if (trashed?.id === undefined) {
        return Promise.resolve('nothing in the trash');
      }
      const [place, call] =
        request.kind === 'purge'
          ? (['gone', storage.empty_trash(trashed.id)] as const)
          : ([
              `kept:${request.node}`,
              storage.restore_from_trash(trashed.id, { node: request.node }),
            ] as const);
      ledger.move(trashed, place, false); // no other request of the moment takes it
      const before = new Set(['trash']);
      return outcome<unknown>(call, (acknowledged) => {
        ledger.move(trashed, place, acknowledged);
      }).then((word) => {
        trashed.places = refusals.includes(word) ? before : trashed.places;
        return word;
      });
    }
    case 'snapshot': {
      const { node, snapshot } = request;
      const before = disk?.contents.copy();
      // While the node writes.
      const writing = write(scene, node, disk, byte, () => undefined);
      return outcome(storage.create_snapshot(node, snapshot), (acknowledged) => {
        const existing = ledger.at(`snapshot:${node}@${snapshot}`);
        if (disk !== undefined && before !== undefined && existing === undefined) {
          before.grow(disk.contents.leastBytes, false);
          before.become(disk.contents, false);
          ledger.add(`snapshot:${node}@${snapshot}`, { contents: before, image: disk.image }, acknowledged);
        }
      }).then(async (word) => `${word}, written: ${await writing}`);
    }
    case 'restore': {
      const { node, snapshot } = request;
      const source = ledger.at(`snapshot:${node}@${snapshot}`);
      return outcome(storage.restore_snapshot(node, snapshot), (acknowledged) => {
        if (source !== undefined) {
          disk?.contents.become(source.contents, acknowledged);
        }
      });
    }
    case 'unsnapshot': {
      const { node, snapshot } = request;
      const volume = ledger.at(`snapshot:${node}@${snapshot}`);
      return outcome(storage.delete_snapshot(node, snapshot), (acknowledged) => {
        if (volume !== undefined) {
          ledger.move(volume, 'gone', acknowledged);
        }
      });
    }
    case 'detach': {
      const { node, disk: policy } = request;
      const options = { trash: {}, keep: { keepDisk: true }, now: { now: true } }[policy];
      const place = { trash: 'trash', keep: `kept:${node}`, now: 'gone' }[policy];
      return outcome(storage.detach_node(node, options), (acknowledged) => {
        if (disk !== undefined) {
          ledger.move(disk, place, acknowledged);
        }
      });
    }
    case 'rename': {
      const { node, to } = request;
      const moved = ledger.volumes.flatMap((volume) => {
        const [place = ''] = volume.places;
        const next = place.replace(new RegExp(`^((?:node|kept|snapshot):)${node}(?=@|$)`), `$1${to}`);
        return next === place ? [] : [{ volume, next }];
      });
      return outcome(storage.rename_node(node, to), (acknowledged) => {
        for (const { volume, next } of moved) {
          ledger.move(volume, next, acknowledged);
        }
      });
    }
    case 'import': {
      const { image } = request;
      const existing = ledger.at(`image:${image}`);
      return outcome(storage.import_image(image, scene.sourceOf(image)), (acknowledged) => {
        if (existing === undefined) {
          ledger.add(`image:${image}`, scene.imageContents(image), acknowledged);
        }
      });
    }
    case 'delete_image': {
      const volume = ledger.at(`image:${request.image}`);
      return outcome(storage.delete_image(request.image), (acknowledged) => {
        if (volume !== undefined) {
          ledger.move(volume, 'gone', acknowledged);
        }
      });
    }
  }
}

/** Lets a node write some blocks of its disk in one session, one after the other, whatever happens meanwhile. */
async function write(
  { patchbay }: Scene,
  node: string,
  disk: Volume | undefined,
  byte: number,
  answered: () => void,
): Promise<string> {
  let written = 0;
  try {
    if (disk === undefined) {
      return 'no disk';
    }
    await using session = new QemuSession(await patchbay.diskOf(node));
    for (const block of [0, 1, 2, 3, 4, 5, 6, 7].map((index) => (byte + index * 7) % 60)) {
      disk.contents.writing(block, byte);
      await session.run(`write -P ${String(byte)} ${String(block * blockBytes)} ${String(blockBytes)}`);
      disk.contents.wrote(block, byte);
      written += 1;
    }
    answered();
    return 'done';
  } catch (error) {
    // A node that cannot log in, or whose disk is full: what is acknowledged holds all the same.
    return `${String(written)} blocks, then ${isRpcError(error) ? error.reason : 'an error'}`;
  }
}
