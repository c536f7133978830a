import { expect } from 'chai';

import { type NameServerMethods, nameServerObject } from '@patchbay/objects';
import { eventually } from '@patchbay/objects/testing';

import { Patchbay } from './patchbay.js';
import { describeSystem } from './scratch.js';
import { shared } from './shared.js';

const ttlMs = 2000;

describeSystem('The names of an RPC server with a lease of 2 s', ['tgtd', 'tgtadm', 'qemu-img'], () => {
  const patchbay = shared(() => Patchbay.start({ server: { lease: ttlMs } }));

  async function names(): Promise<string[]> {
    const registry = patchbay().client.proxy<NameServerMethods>(nameServerObject);
    return (await registry.list()).names.map(({ name }) => name);
  }

  it('survive its kill for as long as its lease, and no longer', async () => {
    await patchbay().rpcServerDaemon.kill();
    const killedAtMs = performance.now();
    expect(await names()).to.include('storage');

    await eventually(async () => !(await names()).includes('storage'));

    // It may have renewed its lease up to a third of the lease time before.
    expect(performance.now() - killedAtMs).to.be.within(ttlMs / 2, 3 * ttlMs);
    const outcome = await patchbay().run(['nameserver', 'lookup', 'storage']);
    expect(outcome.stderr).to.match(/^error: NOT_FOUND OBJECT_NOT_FOUND: [^\n]*\n$/);
    expect(outcome.status).to.equal(3);
  });

  it('are back as soon as it is', async () => {
    await patchbay().startRpcServer();
    expect(await names()).to.include('storage');
  });

  it('are not lost when the name server is killed, and are found at once when it is back', async () => {
    await patchbay().nameServerDaemon.kill();
    await patchbay().startNameServer();
    expect(await names()).to.include('storage');
    const outcome = await patchbay().rpcclient('list_nodes', '--json');
    expect(outcome).to.deep.equal({ status: 0, stdout: '[]\n', stderr: '' });
  });
});
