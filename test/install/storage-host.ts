import { expect } from 'chai';

import { type NodeDisk, qemuOptions } from '../system/initiator.js';
import { CountingNode } from '../system/counting-node.js';
import { output } from '../system/command.js';
import type { Machine } from './machine.js';

/** How much of a disk is written, in bytes; all of the image. */
export const diskBytes = 16 * 2 ** 20;

/** Makes an image whose every byte is that of the counting's round 0, and imports it, as an operator would. */
export async function importImage(machine: Machine, name: string): Promise<void> {
  await machine.shell(`cd /srv/files && qemu-img create -q -f qcow2 ${name}.qcow2 ${String(diskBytes)} &&
    qemu-io -c 'write -P 0x5a 0 ${String(diskBytes)}' ${name}.qcow2 &&
    rpcclient import_image ${name} ./${name}.qcow2`);
}

/** Provisions a node, and says how it logs in. */
export async function provision(machine: Machine, node: string, image: string): Promise<NodeDisk> {
  await machine.shell(`rpcclient provision ${node} ${image}`);
  const asked = async (method: string): Promise<unknown> =>
    JSON.parse(await machine.shell(`rpcclient --json ${method} ${node}`));
  const { target, initiator } = (await asked('show_node')) as {
    target: Pick<NodeDisk, 'portal' | 'iqn' | 'lun'>;
    initiator: string;
  };
  const { chapUser, chapSecret } = (await asked('show_credentials')) as {
    chapUser: string;
    chapSecret: string;
  };
  return { ...target, initiator, user: chapUser, secret: chapSecret };
}

/** Lets a node run commands of qemu-io on its disk over iSCSI. @throws Error when one fails, or reads something else */
export async function useDisk(
  machine: Machine,
  disk: NodeDisk,
  ...commands: readonly string[]
): Promise<void> {
  const words = commands.flatMap((each) => ['-c', each]);
  const told = await output(machine.enter('qemu-io', ...words, ...qemuOptions(disk)));
  if (/failed|error/i.test(told)) {
    throw new Error(`${commands.join('; ')}: ${told}`);
  }
}

/** Lets a node write and read its disk while something is done. @returns how long its slowest access took, in ms */
export async function whileWriting(
  machine: Machine,
  disk: NodeDisk,
  act: () => Promise<unknown>,
): Promise<number> {
  await using node = new CountingNode(disk, diskBytes, (...words) => machine.enter(...words));
  await act();
  const { written } = node;
  if (written === 0) {
    throw new Error('the node has written nothing meanwhile');
  }
  await node.end();
  return node.slowestMs;
}

/** Returns the process id of the tgtd that serves the disks. */
export async function tgtdPid(machine: Machine): Promise<string> {
  return (await machine.shell('pgrep -x tgtd || true')).trim();
}

/** Returns the paths of what an installation has left. */
export async function ourFiles(machine: Machine): Promise<readonly string[]> {
  const changed = await machine.changes();
  return changed.filter((path) => /patchbay|rpcserver|rpcclient/.test(path) && !path.startsWith('/srv/'));
}

/** Expects the sockets of both daemons to be open to those who may call, and no port of theirs to be open to anybody. */
export async function expectCallers(machine: Machine): Promise<void> {
  const somebody = 'setpriv --reuid=65534 --regid=65534';
  await machine.shell(
    `${somebody} --groups "$(getent group patchbay-admin | cut -d : -f 3)" rpcclient status`,
  );
  for (const daemon of ['nameserver', 'rpcserver']) {
    const refused = await machine.sh(
      `${somebody} --clear-groups nameserver ping --name-server unix:/run/patchbay/${daemon}/socket 2>&1`,
    );
    expect(refused).to.have.property('status', 8);
    expect(refused.stdout).to.include('permission denied');
  }
  // 7440 and 7441, where they listened before there were sockets.
  expect(await machine.shell("grep -E ':1D1[01] .* 0A ' /proc/net/tcp /proc/net/tcp6 || true")).to.equal('');
}
