import { expect } from 'chai';
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { requireTools } from '@patchbay/objects/testing';

import { execTool } from '../../../src/exec.js';
import { ControlSocket } from '../../../src/targets/tgt/control-socket.js';
import { decodeResponse } from '../../../src/targets/tgt/request.js';
import { Tgtadm } from '../../../src/targets/tgt/tgtadm.js';

const iqn = 'iqn.2026-11.local.patchbay:disk.d1';
const lunParams = 'scsi_id=00112233445566778899aabbccddeeff,scsi_sn=PB1,thin_provisioning=1';

/** Each of our commands, with the arguments that make the installed tgtadm send the same. */
const commands: readonly (readonly [string, (tgtadm: Tgtadm) => Promise<unknown>])[] = [
  [`--mode target --op new --tid 258 --targetname ${iqn}`, (t) => t.newTarget(258, iqn)],
  ['--mode target --op delete --force --tid 258', (t) => t.deleteTarget(258)],
  ['--mode target --op update --tid 1 --name state --value offline', (t) => t.setTargetState(1, 'offline')],
  [
    '--mode target --op update --tid 1 --name MaxRecvDataSegmentLength --value 262144',
    (t) => t.setMaxRecvBytes(1, 262_144),
  ],
  [`--mode target --op bind --tid 1 --initiator-name ${iqn}`, (t) => t.allowInitiator(1, iqn)],
  [
    '--mode logicalunit --op new --tid 1 --lun 2 --bstype rdwr --backing-store /a/b',
    (t) => t.newLun(1, 2, '/a/b'),
  ],
  [
    `--mode logicalunit --op update --tid 1 --lun 2 --params ${lunParams}`,
    (t) => t.setLunIdentity(1, 2, '00112233445566778899aabbccddeeff', 'PB1'),
  ],
  ['--mode logicalunit --op update --tid 1 --lun 0 --params scsi_sn=abc', (t) => t.setLunSerial(1, 0, 'abc')],
  ['--mode account --op new --user u --password secretsecret', (t) => t.newAccount('u', 'secretsecret')],
  ['--mode account --op delete --user u', (t) => t.deleteAccount('u')],
  ['--mode account --op bind --tid 7 --user u', (t) => t.bindAccount(7, 'u')],
  ['--mode conn --op delete --tid 7 --sid 65537 --cid 3', (t) => t.deleteConnection(7, 65537, 3)],
  ['--mode portal --op new --param portal=127.0.0.1:3260', (t) => t.newPortal('127.0.0.1:3260')],
  ['--mode portal --op delete --param portal=127.0.0.1:3260', (t) => t.deletePortal('127.0.0.1:3260')],
  ['--mode sys --op update --name State --value offline', (t) => t.setSystemState('offline')],
  ['--mode target --op show', (t) => t.targets()],
  ['--mode target --op show --tid 7', (t) => t.maxRecvBytes(7)],
  ['--mode conn --op show --tid 7', (t) => t.connections(7)],
  ['--mode logicalunit --op stat --tid 7 --lun 1', (t) => t.hasLun(7, 1)],
  ['--mode conn --op stat --tid 7 --sid 2 --cid 0', (t) => t.receivedBytes(7, 2, 0)],
  ['--mode target --op unbind --tid 7 --initiator-address ALL', (t) => t.removeRule(7, 'ALL')],
  ['--mode account --op show', (t) => t.accounts()],
  ['--mode portal --op show', (t) => t.portals()],
  ['--mode sys --op show', (t) => t.systemState()],
];

describe('requests to tgtd', function () {
  this.timeout(30_000);

  let listener: Listener;
  before(function () {
    requireTools(this, 'tgtadm');
  });
  beforeEach(async () => {
    listener = await Listener.start();
  });
  afterEach(async () => {
    await listener[Symbol.asyncDispose]();
  });

  for (const [args, command] of commands) {
    it(`are byte for byte what tgtadm sends for "${args}"`, async () => {
      await execTool('tgtadm', ['-C', '0', '--lld', 'iscsi', ...args.split(' ')], {
        env: { TGT_IPC_SOCKET: listener.prefix },
      });
      await command(new Tgtadm(new ControlSocket(`${listener.prefix}.0`)));
      const [theirs, ours] = listener.heard;
      expect(ours?.toString('hex')).to.equal(theirs?.toString('hex'));
    });
  }
});

describe('responses of tgtd', () => {
  it('are not complete before the last byte, wherever they are cut', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.string(), (error, text) => {
        const bytes = answer(error, text);
        for (let length = 0; length < bytes.length; length++) {
          expect(decodeResponse(bytes.subarray(0, length))).to.equal(undefined);
        }
        expect(decodeResponse(bytes)).to.deep.equal({ error, text: text.replace(/\0+$/, '') });
      }),
    );
  });
});

/** Stands in for tgtd: reads one request per connection and responds with success. */
class Listener implements AsyncDisposable {
  readonly heard: Buffer[] = [];
  readonly prefix: string;
  readonly #dir: string;
  readonly #server = createServer((socket) => {
    let request = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      request = Buffer.concat([request, chunk]);
      if (request.length >= 120 && request.length === request.readUInt32LE(72)) {
        this.heard.push(request);
        socket.end(
          answer(0, 'System:\n    State: ready\nMaxRecvDataSegmentLength=8192\n  1   0          1548 \n'),
        );
      }
    });
  });

  private constructor(dir: string) {
    this.#dir = dir;
    this.prefix = join(dir, 'control');
  }

  static async start(): Promise<Listener> {
    const listener = new Listener(await mkdtemp(join(tmpdir(), 'patchbay-control-')));
    await new Promise<void>((resolve) => listener.#server.listen(`${listener.prefix}.0`, resolve));
    return listener;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#dir, { recursive: true, force: true });
  }
}

function answer(error: number, text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(error, 0);
  head.writeUInt32LE(8 + body.length, 4);
  return Buffer.concat([head, body]);
}
