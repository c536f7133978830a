import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { freePort } from '@patchbay/objects/testing';

import { Daemons } from './daemons.js';
import { iscsiUrl, type NodeDisk, qemuOptions, sha256 } from './disk.js';
import { processesOf } from './processes.js';
import { Scratch } from './scratch.js';
import { Terminal } from './terminal.js';

// A tour of Patchbay with real daemons and real initiators, in a directory that is removed afterwards.

const startedMs = performance.now();
const portal = `127.0.0.1:${String(await freePort())}`;
// When interrupted it stops, and still removes what it created.
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted.abort(new Error(`interrupted by ${signal}`));
  });
}
await using scratch = await Scratch.make();
const at = (...names: readonly string[]): string => join(scratch.directory, ...names);
const nameServer = `unix:${at('nameserver', 'socket')}`;
const terminal = new Terminal({ PATCHBAY_NAMESERVER: nameServer, NODE_NO_WARNINGS: '1' }, interrupted.signal);
await using daemons = new Daemons(terminal, scratch.directory);

terminal.say(`Everything happens in ${scratch.directory}; the disks are served on loopback`);
process.stdout.write(`$ export PATCHBAY_NAMESERVER=${nameServer}\n`);
terminal.say('A name server keeps the registry; an RPC server hosts the storage object, with its own tgtd');
await daemons.start(
  ['nameserver', 'start', '--listen', nameServer, '--state-dir', at('nameserver')],
  ['nameserver', 'ping'],
);
await writeFile(at('rpcserver.yaml'), configuration());
await terminal.run(['cat', at('rpcserver.yaml')]);
await daemons.start(
  ['rpcserver', 'start', '--config', at('rpcserver.yaml')],
  ['nameserver', 'lookup', 'storage'],
);
await terminal.run(['nameserver', 'list']);

terminal.say('An image: a small ext4 filesystem with a file in it, as qcow2');
await mkdir(at('content'));
await writeFile(at('content', 'motd'), 'Booted from Patchbay.\n');
await terminal.run(['mkfs.ext4', '-q', '-d', at('content'), at('demo.raw'), '64M']);
await terminal.run(['qemu-img', 'convert', '-O', 'qcow2', at('demo.raw'), at('demo.qcow2')]);
await terminal.run(['rpcclient', 'import_image', 'demo', at('demo.qcow2')]);
await terminal.run(['rpcclient', 'list_all_images']);

terminal.say('Two nodes get a disk each: a clone of the image, exported to that node alone');
const node1 = await provision('node1');
const node2 = await provision('node2');
const original = await sha256(at('demo.raw'));

terminal.say('node1 reads its disk over iSCSI: it is the image, byte for byte');
await readWhole(node1, 'node1.raw');
expectEqual(await sha256(at('node1.raw')), original, "node1's disk and the image");

terminal.say('node1 writes to its disk; a snapshot keeps that state; then it writes again');
await qemuIo(node1, ['write -P 0xab 1M 64k', 'read -P 0xab 1M 64k']);
await terminal.run(['rpcclient', 'create_snapshot', 'node1', 'before-upgrade']);
await qemuIo(node1, ['write -P 0xcd 1M 64k', 'read -P 0xcd 1M 64k']);
await terminal.run(['rpcclient', 'list_snapshots', 'node1']);

terminal.say("node2's disk is untouched by that");
await readWhole(node2, 'node2.raw');
expectEqual(await sha256(at('node2.raw')), original, "node2's disk and the image");

terminal.say("Nobody else gets node1's disk: not node2, not node1 with a wrong secret, not a stranger");
await expectRefused({ ...node1, initiator: node2.initiator, user: node2.user, secret: node2.secret });
await expectRefused({ ...node1, secret: 'wrong-secret-123' });
await expectRefused({ ...node1, initiator: 'iqn.2026-11.org.example:stranger' });
const seen = await terminal.run(['iscsi-ls', '-i', 'iqn.2026-11.org.example:stranger', `iscsi://${portal}`]);
expectEqual(seen.stdout.trim(), '', 'what a stranger discovers and nothing');

terminal.say('A third node starts from the snapshot');
const node3 = await provision('node3', 'before-upgrade');
await qemuIo(node3, ['read -P 0xab 1M 64k']);

terminal.say('The nodes go, and with them their disks');
await terminal.run(['rpcclient', 'delete_image', 'demo'], { fails: true });
for (const node of ['node1', 'node2', 'node3']) {
  await terminal.run(['rpcclient', 'detach_node', node]);
}
await expectRefused(node1);
await terminal.run(['rpcclient', 'delete_snapshot', 'node1', 'before-upgrade']);
await terminal.run(['rpcclient', 'delete_image', 'demo']);
expectEqual(
  (await terminal.run(['rpcclient', 'list_nodes', '--json'])).stdout.trim(),
  '[]',
  'the nodes left and none',
);

expectEqual((await processesOf(scratch.directory, 'tgtd')).length, 1, 'how many tgtd run for us and 1');
await daemons[Symbol.asyncDispose]();
expectEqual((await processesOf(scratch.directory, '')).length, 0, 'how many processes are left and 0');
await scratch[Symbol.asyncDispose]();
const mounts = await readFile('/proc/mounts', 'utf8');
expectEqual(mounts.includes(scratch.directory), false, 'whether something is still mounted and false');
const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
process.stdout.write(
  `\nEverything worked as expected, in ${seconds} s. Nothing is left running or mounted.\n`,
);

function configuration(): string {
  return `nameServer: ${nameServer}
listen: unix:${at('rpcserver', 'socket')}
stateDir: ${at('rpcserver')}
objects:
  - name: storage
    module: "@patchbay/storage"
    options: { pool: ${scratch.pool}, portal: "${portal}", onStop: stop }
`;
}

/** Provisions a node and returns what its initiator needs. */
async function provision(node: string, ...snapshot: readonly string[]): Promise<NodeDisk> {
  await terminal.run(['rpcclient', 'provision', node, 'demo', ...snapshot]);
  const { target, initiator } = await json<{
    target: { iqn: string; portal: string; lun: number };
    initiator: string;
  }>(['rpcclient', 'show_node', node, '--json']);
  const { chapUser, chapSecret } = await json<{ chapUser: string; chapSecret: string }>([
    'rpcclient',
    'show_credentials',
    node,
    '--json',
  ]);
  return { ...target, initiator, user: chapUser, secret: chapSecret };
}

async function json<T>(words: readonly string[]): Promise<T> {
  const { stdout, stderr, exitStatus } = await terminal.quietly(words);
  expectEqual(exitStatus, 0, `the exit status of "${words.join(' ')}" (${stderr.trim()}) and 0`);
  return JSON.parse(stdout) as T;
}

async function readWhole(disk: NodeDisk, file: string): Promise<void> {
  await terminal.run(['qemu-img', 'convert', ...qemuOptions(disk), '-O', 'raw', at(file)]);
}

async function qemuIo(disk: NodeDisk, commands: readonly string[]): Promise<void> {
  const { stdout } = await terminal.run([
    'qemu-io',
    ...commands.flatMap((each) => ['-c', each]),
    ...qemuOptions(disk),
  ]);
  expectEqual(/verification failed/i.test(stdout), false, 'whether the data differ and false');
}

async function expectRefused(disk: NodeDisk): Promise<void> {
  await terminal.run(['iscsi-inq', '-i', disk.initiator, iscsiUrl(disk)], { fails: true });
}

function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) {
    throw new Error(`${what} should be equal: ${String(actual)}, ${String(expected)}`);
  }
}
