import { expect } from 'chai';

import { CallLog, callLogSettings, nameServerCallsObject, type ReportedCall } from '@patchbay/calls';
import { grpcTransport } from '@patchbay/grpc/client';
import { initAuthority, startNameServer } from '@patchbay/nameserver';
import { nameServerCalls, silentLog, systemClock } from '@patchbay/objects';
import { defineObject } from '@patchbay/objects/define';
import { Scratch } from '@patchbay/objects/testing';
import { connectOver } from '@patchbay/session/client';

import { hostIdentity, joinHost } from '../src/join-host.js';
import { RpcServer } from '../src/rpc-server.js';

describe('A server of a cluster', function () {
  this.timeout(30_000);

  it('reports calls to the log of the name server, which knows who does', async () => {
    await using scratch = await Scratch.make();
    await using log = new CallLog({
      ...{ file: scratch.file('calls.sqlite'), settings: callLogSettings.parse({}) },
      ...{ clock: systemClock, log: silentLog },
    });
    const names = { stateDir: scratch.file('names'), log: silentLog };
    const { tokens } = await initAuthority({ ...names, name: 'ns1' });
    const socket = `unix:${scratch.file('run', 'socket')}`;
    await using nameServer = await startNameServer({
      ...{ ...names, listen: ['127.0.0.1:0', socket], version: '1.2.3' },
      objects: { [nameServerCalls]: nameServerCallsObject(log) },
    });
    const { address } = nameServer;
    const stateDir = scratch.file('web1');
    await joinHost({ address, token: tokens.host.token, name: 'web1', stateDir });
    await using server = await RpcServer.start({
      ...{ listen: '127.0.0.1:0', nameServer: address, stateDir, log: silentLog },
      identity: hostIdentity(stateDir),
      objects: { 'host.web1': defineObject({ summary: 'Nothing', methods: {} }) },
    });
    const call: ReportedCall = {
      ...{ atMs: Date.now(), durationUs: 1, caller: 'user:eve', object: 'storage', method: 'wipe' },
      ...{ code: 'PERMISSION_DENIED', callId: 'c1', correlationId: 'c1' },
    };
    await server.callNameServer(nameServerCalls, 'report', [[call], { missed: 0 }]);
    const { calls } = await log.page({ caller: 'user:eve' }, { limit: 10 });
    expect(calls).to.have.length(1);
    expect(calls[0]).to.include({ method: 'wipe', reportedBy: 'host:web1' });
    await using local = connectOver(grpcTransport, socket);
    const shown = await local.call(nameServerCalls, 'list', [{ caller: 'user:eve' }]);
    expect(shown).to.have.nested.property('calls[0].reportedBy', 'host:web1');
  });
});
