import { connect, isRpcError, type RemoteObject } from '@patchbay/rpcclient';
import { type AuthenticatedCaller, type CurrentIdentity, RpcServer } from '@patchbay/rpcserver';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { board, type Board } from './board.js';
import { Cluster } from './cluster.js';

const directory = await mkdtemp(join(tmpdir(), 'patchbay-identity-'));
try {
  await run(directory);
} finally {
  await rm(directory, { recursive: true });
}

async function run(directory: string): Promise<void> {
  await using cluster = await Cluster.start(directory);
  const { address: nameServer, admin } = cluster;

  const web1 = await cluster.enrolHost('web1', ['board']);
  const desk1 = await cluster.enrolHost('desk1');
  const alice = await cluster.enrolUser('alice', ['ops']);
  const bob = await cluster.enrolUser('bob', ['guests']);
  const carol = await cluster.enrolUser('carol');
  await admin.grant('group:ops', 'operator', 'board');
  await admin.grant('group:guests', 'viewer', 'board');
  await admin.grant('host:desk1', 'delegate', 'board', { methods: 'write' });

  /** Whom this program knows by the fingerprints of their keys. */
  const known = new Map<string, AuthenticatedCaller>();
  await using server = await RpcServer.start({
    nameServer,
    listen: '127.0.0.1:0',
    stateDir: cluster.stateDir('web1'),
    identity: web1,
    authenticate: ({ fingerprint = '' }) => known.get(fingerprint), // undefined: the policy decides
    objects: { board },
  });
  await show('web1 has registered its name', server.registered);

  const callAs = async (identity: CurrentIdentity, calls: Calls): Promise<void> => {
    await using client = connect({ nameServer, identity });
    const board = client.proxy<Board>('board');
    await calls(board);
  };
  await callAs(alice, async (board) => {
    await show('alice is', board.whoami());
    await show('alice writes', board.write('the lamp is broken'));
    await show('alice writes on top', board.write('read this first', { onTop: true }));
  });
  await callAs(bob, async (board) => {
    await show('bob is', board.whoami());
    await show('bob reads', board.read());
    await show('bob writes', board.write('me too'));
  });
  await callAs(desk1, async (board) => {
    await show('desk1 writes for alice', board.with({ onBehalfOf: 'user:alice' }).write('it was repaired'));
    await show('desk1 writes for bob', board.with({ onBehalfOf: 'user:bob' }).write('me too'));
    await show('desk1 reads for alice', board.with({ onBehalfOf: 'user:alice' }).read());
    await show('desk1 writes', board.write('the desk is closed'));
  });

  await callAs(carol, (board) => show('carol reads', board.read()));
  const { keys = [] } = (await admin.list_users()).find(({ name }) => name === 'carol') ?? {};
  for (const { fingerprint } of keys) {
    const roles = [{ role: 'viewer', objects: 'board', methods: 'read' }] as const;
    known.set(fingerprint, { principal: 'user:carol', groups: ['visitors'], roles });
  }
  await callAs(carol, async (board) => {
    await show('carol is', board.whoami());
    await show('carol reads', board.read());
  });
}

type Calls = (board: RemoteObject<Board>) => Promise<void>;

/** Prints what a call returned, or why it was refused. */
async function show(what: string, call: unknown): Promise<void> {
  let outcome: string | undefined;
  try {
    outcome = String(await call);
  } catch (error) {
    if (!isRpcError(error)) {
      throw error;
    }
    outcome = error.reason;
  }
  process.stdout.write(`${what}: ${outcome}\n`);
}
