import { writeFile } from 'node:fs/promises';

import { expect } from 'chai';
import { z } from 'zod';

import { grpcTransport } from '@patchbay/grpc/client';
import { enrol } from '@patchbay/grpc/secure';
import { initAuthority, startNameServer } from '@patchbay/nameserver';
import { silentLog } from '@patchbay/objects';
import { Scratch } from '@patchbay/objects/testing';
import { defineObject, hostIdentity, joinHost, method, RpcServer } from '@patchbay/rpcserver';
import { connectOver } from '@patchbay/session/client';

import { generateModules, requirePython, runPython } from './python.js';

const desk = defineObject({
  summary: 'A desk',
  methods: {
    who: method({
      summary: 'Return who calls',
      access: 'operate',
      returns: z.string(),
      run: ({ caller }) => caller.principal,
    }),
  },
});

interface Outcome {
  readonly code: string;
  readonly reason: string | null;
}

describe('A Python client over TLS', function () {
  this.timeout(60_000);
  type Attempt = 'user' | 'anonymous' | 'plain' | 'other' | 'stranger' | 'signed' | 'forged' | 'foreign';
  let outcomes: Record<Attempt, unknown>;
  let enrolling: Readonly<Record<string, unknown>>;

  before(async function () {
    requirePython(this);
    await using scratch = await Scratch.make();
    const listen = '127.0.0.1:0';
    const stateDir = scratch.file('names');
    const { tokens } = await initAuthority({ stateDir, name: 'ns1', log: silentLog });
    const socket = `unix:${scratch.file('run', 'socket')}`;
    const about = { stateDir, log: silentLog, version: '1.2.3' };
    await using names = await startNameServer({ listen: [listen, socket], ...about });
    const { address } = names;
    const server = scratch.file('server');
    const identityFile = scratch.file('identity.json');
    await joinHost({ address, name: 'web1', token: tokens.host.token, stateDir: server });
    await enrol({ kind: 'user', address, token: tokens.admin.token, path: identityFile });
    await using serving = await RpcServer.start({
      ...{ listen, nameServer: address, stateDir: server, log: silentLog },
      identity: hostIdentity(server),
      objects: { 'desk.web1': desk },
    });
    expect(serving.registered).to.equal(true);
    await generateModules(scratch.path);
    const { apiKeys, grants, users } = names.authority ?? expect.fail();
    await users.create('bot', [], 3_600_000, 'local');
    await grants.add({ to: 'user:bot', role: 'operator', objects: '**', methods: '*' }, 'local');
    const keyFile = scratch.file('api-key');
    await writeFile(keyFile, (await apiKeys.create('bot', 'local')).key, { mode: 0o600 });
    const words = [address, 'ns1', identityFile, keyFile];
    const said = await runPython('secure_client.py', words, [scratch.path]);
    outcomes = JSON.parse(said) as typeof outcomes;
    await using admin = connectOver(grpcTransport, names.addresses[1] ?? '');
    const made = await admin.call('identity', 'create_token', ['host', 'py1']);
    await admin.call('identity', 'grant', ['host:py1', 'operator', 'desk.*']);
    const { token } = made as { readonly token: string };
    await writeFile(scratch.file('roots.pem'), names.authority?.roots.join('') ?? '');
    const args = [address, 'ns1', scratch.file('roots.pem'), token];
    enrolling = JSON.parse(await runPython('enrolling_client.py', args, [scratch.path])) as typeof enrolling;
  });

  it('proves who calls by the certificate of whoever has logged in', () => {
    expect(outcomes.user).to.equal('user:admin');
  });

  it('enrols by the typed face of the authority with what openssl makes, follows the policy, and calls', () => {
    expect(enrolling).to.deep.equal({
      guess: 'TOKEN_INVALID',
      enrolled: 'active host:py1',
      renewed: true,
      anonymous: 'CALLER_UNKNOWN',
      policy: ['host:py1', 'host:web1', 'user:admin', 'user:bot'],
      who: 'host:py1',
    });
  });

  it('is nobody without one, and may look up no name', () => {
    expect(outcomes.anonymous).to.include({ code: 'UNAUTHENTICATED', reason: 'CALLER_UNKNOWN' });
  });

  it('is told at once that it needs TLS where it speaks none', () => {
    expect(outcomes.plain).to.include({ code: 'UNAUTHENTICATED', reason: 'TLS_REQUIRED' });
  });

  it('is a user by signed calls with an API key, without a certificate', () => {
    expect(outcomes.signed).to.equal('user:bot');
  });

  it('is refused with another secret, and when it signs for another cluster', () => {
    for (const each of [outcomes.forged, outcomes.foreign] as Outcome[]) {
      expect(each).to.include({ code: 'UNAUTHENTICATED', reason: 'SIGNATURE_INVALID' });
    }
  });

  it('reaches nobody where another server answers, or one whose authority it does not know', () => {
    for (const each of [outcomes.other, outcomes.stranger] as Outcome[]) {
      expect(each).to.include({ code: 'UNAVAILABLE', reason: null });
    }
  });
});
