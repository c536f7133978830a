import { expect } from 'chai';
import { open, writeFile } from 'node:fs/promises';

import { eventually, freePort } from '@patchbay/objects/testing';
import { mountXfs } from '@patchbay/storage/testing';

import { bootSector, nameSector, roundSector } from './boot-sector.js';
import { DisklessMachine, hostOfGuests } from './diskless-machine.js';
import { type NodeDisk, useDisk } from './initiator.js';
import { killAndRestart, type Victim } from './killing.js';
import { Patchbay } from './patchbay.js';
import { describeSystem } from './scratch.js';
import { ScriptServer } from './script-server.js';
import { shared } from './shared.js';

const MiB = 2 ** 20;
const sectorBytes = 512;
const tools = ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'qemu-system-x86_64', 'mkfs.xfs'];
const macs = {
  node7: '52:54:00:00:00:07',
  node8: '52:54:00:00:00:08',
  late: '52:54:00:00:00:09',
  stranger: '52:54:00:00:00:0a',
};

describeSystem('A diskless machine', tools, () => {
  let port = 0;
  const patchbay = shared(async () => {
    port = await freePort();
    return await Patchbay.start({
      mount: () => mountXfs({ sizeBytes: 512 * MiB }),
      storage: { graceMs: 0, boot: { listen: `127.0.0.1:${String(port)}`, advertise: hostOfGuests } },
    });
  });
  const endpoint = (path: string): string => `http://127.0.0.1:${String(port)}${path}`;
  let disk: NodeDisk;

  /** Imports a bootable image, and gives each node its own disk, which contains the node's name. */
  async function prepare(): Promise<void> {
    const source = patchbay().at('bootable.raw');
    await writeFile(source, bootSector());
    await using file = await open(source, 'r+');
    await file.truncate(16 * MiB);
    await patchbay().storage.import_image('bootable', `server:${source}`);
    for (const node of ['node7', 'node8'] as const) {
      await patchbay().storage.provision(node, 'bootable', { mac: macs[node] });
      const name = patchbay().at(`${node}.name`);
      await writeFile(name, Buffer.alloc(sectorBytes, `${node}\0`.padEnd(sectorBytes, '\0')));
      await useDisk(
        await patchbay().diskOf(node),
        `write -s ${name} ${String(nameSector * sectorBytes)} ${String(sectorBytes)}`,
      );
    }
    disk = await patchbay().diskOf('node7');
  }

  const machine = (mac: string): Promise<DisklessMachine> =>
    DisklessMachine.start({ mac, bootFile: `http://${hostOfGuests}:${String(port)}/boot.ipxe` });
  const machines = shared(async () => {
    await prepare();
    const [seven, eight] = await Promise.all([machine(macs.node7), machine(macs.node8)]);
    return {
      seven,
      eight,
      [Symbol.asyncDispose]: async () => {
        await seven[Symbol.asyncDispose]();
        await eight[Symbol.asyncDispose]();
      },
    };
  });

  it('boots from its own disk by /boot.ipxe, two at a time, and writes to it', async () => {
    const { seven, eight } = machines();
    await Promise.all([
      seven.prints('booted from the disk of node7\r\n'),
      eight.prints('booted from the disk of node8\r\n'),
    ]);
    await Promise.all([seven.works(), eight.works()]);
    const nodes = await patchbay().storage.list_nodes();
    expect(nodes.map(({ mac, connected }) => [mac, connected.length])).to.deep.equal([
      [macs.node7, 1],
      [macs.node8, 1],
    ]);
  });

  const rows: readonly (readonly Victim[])[] = [
    ['nameserver'],
    ['rpcserver'],
    ['tgtd'],
    ['nameserver', 'rpcserver', 'tgtd'],
  ];
  for (const victims of rows) {
    it(`keeps writing and reading when daemons are killed and restarted: ${victims.join(', ')}`, async () => {
      const { seven, eight } = machines();
      await killAndRestart(patchbay(), victims);
      await Promise.all([seven.works(), eight.works()]);
    });
  }

  it('is reported by /healthz and /metrics', async () => {
    const health = await eventually(async () => {
      const response = await fetch(endpoint('/healthz'));
      expect(response.status).to.equal(200);
      return response;
    });
    expect(await health.json()).to.deep.equal({
      status: 'serving',
      checks: { catalog: 'ok', pool: 'ok', targets: 'ok' },
    });
    await eventually(async () => {
      const metrics = await (await fetch(endpoint('/metrics'))).text();
      expect(metrics).to.match(/^patchbay_storage_iscsi_sessions 2$/m);
      expect(metrics).to.match(/^patchbay_storage_nodes\{state="ready"\} 2$/m);
    });
  });

  it('finds what it wrote last on its disk', async () => {
    const { eight } = machines();
    expect(await eight.end()).to.equal('done');
    expect(eight.printed).to.match(/done\r\n$/);
    const { diskId } = await patchbay().storage.show_node('node8');
    await using file = await open(`${patchbay().pool}/disks/patchbay-${diskId}.raw`);
    const sector = Buffer.alloc(sectorBytes);
    await file.read(sector, 0, sectorBytes, roundSector * sectorBytes);
    const round = Buffer.from([eight.round & 0xff, eight.round >> 8]);
    expect(sector).to.deep.equal(Buffer.alloc(sectorBytes, round));
  });

  it('waits for its disk when it is switched on too early', async () => {
    await using late = await machine(macs.late);
    await eventually(async () => {
      expect(await patchbay().rpcServerDaemon.log()).to.include('no node has this MAC address');
    }, 60_000);

    await patchbay().storage.provision('late', 'bootable', { mac: macs.late });

    await late.works();
  });

  it('gets neither a script nor a disk when it is not the one that was provisioned', async () => {
    const other = `${disk.initiator}.not`;
    const { port: portalPort } = new URL(`iscsi://${disk.portal}`);
    // It even has the secret, as if it had leaked.
    await using stranger = await ScriptServer.start(
      [
        '#!ipxe',
        'set base http://' + hostOfGuests,
        `chain \${base}:${String(port)}/boot/\${netX/mac} || chain /no-script ||`,
        `set username ${disk.user}`,
        `set password ${disk.secret}`,
        `set initiator-iqn ${other}`,
        `sanboot iscsi:${hostOfGuests}::${portalPort}:1:${disk.iqn} || chain /no-disk ||`,
        'sanunhook ||',
        `set initiator-iqn ${disk.initiator}`,
        'set password not-the-secret',
        `sanboot iscsi:${hostOfGuests}::${portalPort}:1:${disk.iqn} || chain /no-disk-either ||`,
        'chain /end',
      ].join('\n'),
    );
    await using booting = await DisklessMachine.start({
      mac: macs.stranger,
      bootFile: `http://${hostOfGuests}:${String(stranger.port)}/`,
    });

    await eventually(() => stranger.asked.includes('/end'), 60_000);

    expect(stranger.asked).to.deep.equal(['/no-script', '/no-disk', '/no-disk-either', '/end']);
    expect(booting.printed).to.equal('');
    expect(await patchbay().rpcServerDaemon.log()).to.include('refused a boot script');
  });

  it('has its secret in no log', async () => {
    expect(await patchbay().rpcServerDaemon.log()).to.not.include(disk.secret);
  });
});
