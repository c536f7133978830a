import { expect } from 'chai';
import fc from 'fast-check';

import { isRpcError } from '@patchbay/objects';

import {
  parseAccounts,
  parseConnections,
  parseMaxRecvBytes,
  parsePortals,
  parseReceivedBytes,
  parseSystemState,
  parseTargets,
  type ShownTarget,
} from '../../../src/targets/tgt/show.js';

describe('parsing the output of tgtd', () => {
  it('parses a target with a session, as tgt 1.0.85 prints it', () => {
    expect(parseTargets(shownByTgt)).to.deep.equal([
      {
        tid: 5,
        iqn: 'iqn.2026-11.local.patchbay:disk.aaa',
        state: 'ready',
        luns: [
          {
            lun: 0,
            path: 'None',
            scsiId: 'IET     00050000',
            serial: 'beaf50',
            thinProvisioning: false,
            readOnly: false,
          },
          {
            lun: 1,
            path: '/pool/a file.img',
            scsiId: '0123456789abcdef0123456789abcdef',
            serial: 'PB123456',
            thinProvisioning: true,
            readOnly: false,
          },
        ],
        accounts: ['u1'],
        acl: ['iqn.2026-11.local.patchbay:node.n7'],
        connections: [
          { sid: 1, cid: 0, initiator: 'iqn.2026-11.local.patchbay:node.n7', address: '127.0.0.1' },
        ],
      },
    ]);
  });

  it('parses the parameters of a single target, and refuses a text without them', () => {
    expect(parseMaxRecvBytes('nop_count=0\nMaxRecvDataSegmentLength=262144\nHeaderDigest=None\n')).to.equal(
      262_144,
    );
    expect(() => parseMaxRecvBytes('RedirectAddress=10.0.0.1\n')).to.throw(/MaxRecvDataSegmentLength/);
  });

  it('parses no targets from no output', () => {
    expect(parseTargets('')).to.deep.equal([]);
  });

  it('refuses a target that lacks a section, rather than taking it for one without an ACL', () => {
    const cut = shownByTgt.slice(0, shownByTgt.indexOf('    ACL information'));
    expect(() => parseTargets(cut))
      .to.throw()
      .that.satisfies(isRpcError)
      .with.property('reason', 'TARGET_TOOL_FAILED');
  });

  it('parses every target, however many parts each has', () => {
    fc.assert(
      fc.property(fc.array(target, { maxLength: 5 }), (targets) => {
        expect(parseTargets(targets.map(print).join(''))).to.deep.equal(targets);
      }),
    );
  });

  it('parses portals, IPv6 too', () => {
    expect(parsePortals('Portal: [::1]:3963,1\nPortal: 127.0.0.1:3962,1\n')).to.deep.equal([
      '[::1]:3963',
      '127.0.0.1:3962',
    ]);
  });

  it('parses accounts', () => {
    expect(parseAccounts('Account list:\n    u1\n    mark.1.ab.u1\n')).to.deep.equal(['u1', 'mark.1.ab.u1']);
    expect(parseAccounts('Account list:\n')).to.deep.equal([]);
  });

  it('parses connections', () => {
    const text =
      'Session: 1\n    Connection: 0\n        Initiator: iqn.a\n        IP Address: 127.0.0.1\n' +
      'Session: 3\n    Connection: 2\n        Initiator: iqn.b\n        IP Address: ::1\n';
    expect(parseConnections(text)).to.deep.equal([
      { sid: 1, cid: 0, initiator: 'iqn.a', address: '127.0.0.1' },
      { sid: 3, cid: 2, initiator: 'iqn.b', address: '::1' },
    ]);
  });

  it('parses how much a connection has received', () => {
    const text =
      'sid cid rxdata_octets txdata_octets dataout_pdus datain_pdus cmd_pdus rsp_pdus\n' +
      '  2   0         67132          1804            0           0       12        0\n';
    expect(parseReceivedBytes(text)).to.equal(67_132);
    expect(() => parseReceivedBytes('')).to.throw('no statistics');
  });

  it('parses the state of the daemon', () => {
    expect(
      parseSystemState('System:\n    State: offline\n    debug: off\nLLDs:\n    iscsi: ready\n'),
    ).to.equal('offline');
    expect(() => parseSystemState('')).to.throw('has no state');
  });
});

const word = fc.stringMatching(/^[a-z0-9.:-]{1,20}$/);
const target: fc.Arbitrary<ShownTarget> = fc.record({
  tid: fc.nat(),
  iqn: word,
  state: fc.constantFrom('ready', 'offline'),
  luns: fc.array(
    fc.record({
      lun: fc.nat(255),
      path: fc.stringMatching(/^\/[A-Za-z0-9:. /-]{0,20}[a-z]$/),
      scsiId: word,
      serial: word,
      thinProvisioning: fc.boolean(),
      readOnly: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
  accounts: fc.array(word, { maxLength: 2 }),
  acl: fc.array(word, { maxLength: 2 }),
  connections: fc.array(fc.record({ sid: fc.nat(), cid: fc.nat(), initiator: word, address: word }), {
    maxLength: 3,
  }),
});

function print(shown: ShownTarget): string {
  return [
    `Target ${String(shown.tid)}: ${shown.iqn}`,
    '    System information:',
    '        Driver: iscsi',
    `        State: ${shown.state}`,
    '    I_T nexus information:',
    ...shown.connections.flatMap(({ sid, cid, initiator, address }) => [
      `        I_T nexus: ${String(sid)}`,
      `            Initiator: ${initiator} alias: none`,
      `            Connection: ${String(cid)}`,
      `                IP Address: ${address}`,
    ]),
    '    LUN information:',
    ...shown.luns.flatMap(({ lun, path, scsiId, serial, thinProvisioning, readOnly }) => [
      `        LUN: ${String(lun)}`,
      '            Type: disk',
      `            SCSI ID: ${scsiId}`,
      `            SCSI SN: ${serial}`,
      `            Thin-provisioning: ${thinProvisioning ? 'Yes' : 'No'}`,
      `            Readonly: ${readOnly ? 'Yes' : 'No'}`,
      `            Backing store path: ${path}`,
      '            Backing store flags: ',
    ]),
    '    Account information:',
    ...shown.accounts.map((account) => `        ${account}`),
    '    ACL information:',
    ...shown.acl.map((rule) => `        ${rule}`),
    '',
  ].join('\n');
}

const shownByTgt = `Target 5: iqn.2026-11.local.patchbay:disk.aaa
    System information:
        Driver: iscsi
        State: ready
    I_T nexus information:
        I_T nexus: 1
            Initiator: iqn.2026-11.local.patchbay:node.n7 alias: none
            Connection: 0
                IP Address: 127.0.0.1
    LUN information:
        LUN: 0
            Type: controller
            SCSI ID: IET     00050000
            SCSI SN: beaf50
            Size: 0 MB, Block size: 1
            Online: Yes
            Removable media: No
            Prevent removal: No
            Readonly: No
            SWP: No
            Thin-provisioning: No
            Backing store type: null
            Backing store path: None
            Backing store flags: 
        LUN: 1
            Type: disk
            SCSI ID: 0123456789abcdef0123456789abcdef
            SCSI SN: PB123456
            Size: 34 MB, Block size: 512
            Online: Yes
            Removable media: No
            Prevent removal: No
            Readonly: No
            SWP: No
            Thin-provisioning: Yes
            Backing store type: rdwr
            Backing store path: /pool/a file.img
            Backing store flags: 
    Account information:
        u1
    ACL information:
        iqn.2026-11.local.patchbay:node.n7
`;
