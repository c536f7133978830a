import { expect } from 'chai';
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';

import { grpcTransport } from '@patchbay/grpc/client';
import type { CurrentIdentity } from '@patchbay/grpc/secure';
import { initAuthority, startNameServer } from '@patchbay/nameserver';
import { type Clock, silentLog, systemClock } from '@patchbay/objects';
import { defineObject, method } from '@patchbay/objects/define';
import { eventually, Scratch } from '@patchbay/objects/testing';
import { connectOver } from '@patchbay/session/client';

import { hostIdentity, joinHost } from '../src/join-host.js';
import { RpcServer } from '../src/rpc-server.js';

const monthMs = 31 * 86_400_000;

/** A month ago. */
const then: Clock = { ...systemClock, now: () => systemClock.now() - monthMs };

const desk = defineObject({
  summary: 'A desk',
  methods: { ping: method({ summary: 'Answer', returns: z.null(), run: () => null }) },
});

describe('A host that was off for a month', function () {
  this.timeout(30_000);

  for (const rotated of [false, true]) {
    it(`comes back by itself${rotated ? ', and knows nothing of the rotation meanwhile' : ''}`, async () => {
      await using scratch = await Scratch.make();
      const stateDir = scratch.file('names');
      const socket = `unix:${scratch.file('run', 'socket')}`;
      const shared = { listen: ['127.0.0.1:0', socket], stateDir, log: silentLog, version: '1.2.3' };
      await initAuthority({ stateDir, name: 'ns1', log: silentLog, clock: then });
      {
        await using former = await startNameServer({ ...shared, clock: then });
        await joinHost({ address: socket, name: 'web1', stateDir: scratch.file('web1'), clock: then });
        await (rotated ? former.authority?.rotation.start('local', true) : undefined);
      }
      const identity = hostIdentity(scratch.file('web1')) as CurrentIdentity;
      const { certificate, roots } = identity.current;
      expect(Date.parse(new X509Certificate(certificate).validTo)).to.be.below(Date.now());
      await using nameServer = await startNameServer(shared);
      await eventually(() => {
        expect(nameServer.authority?.roots).to.have.length(1);
        expect(nameServer.authority?.roots.join() === roots.join()).to.equal(!rotated);
      });
      await using server = await RpcServer.start({
        ...{ identity, objects: { 'desk.web1': desk }, log: silentLog, listen: '127.0.0.1:0' },
        stateDir: scratch.file('web1'),
        nameServer: nameServer.address,
      });
      await eventually(() => server.registered, 10_000);
      expect(Date.parse(new X509Certificate(identity.current.certificate).validTo)).to.be.above(Date.now());
      expect(identity.current.roots).to.deep.equal(nameServer.authority?.roots);
      await using local = connectOver(grpcTransport, socket);
      const [host] = (await local.call('identity', 'list_hosts', [])) as Record<string, unknown>[];
      expect(host).to.include({ name: 'web1', state: 'active' }).and.not.have.property('problem');
    });
  }
});
