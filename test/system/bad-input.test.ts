import { expect } from 'chai';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';

import { mountXfs } from '@patchbay/storage/testing';

import { output } from './command.js';
import { type Kept, Patchbay } from './patchbay.js';
import { describeSystem } from './scratch.js';
import { shared } from './shared.js';

const MiB = 2 ** 20;

/** The argv of a command line, with the scratch directory for DIR; its error; its exit status. */
type Row = readonly [words: readonly string[], error: string, status: number];

const badNames: readonly string[] = [
  'has space',
  'a/b',
  '..',
  '../../etc/passwd',
  'line\nbreak',
  '-rf',
  '.hidden',
  'x'.repeat(300),
  '',
  'knoten-ä',
  '节点',
  'a;reboot',
  '$(reboot)',
  'a,b',
  '\u001b[31mred',
];

const invalid = 'INVALID_ARGUMENT ARGUMENT_INVALID';
const noDisk = '0b0e7a1c-0000-4000-8000-000000000000';
const rows: readonly Row[] = [
  ...badNames.map((name): Row => [['provision', '--', name, 'ubuntu'], invalid, 2]),
  ...badNames
    .slice(0, 6)
    .map((name): Row => [['import_image', '--', name, 'server:DIR/good.qcow2'], invalid, 2]),
  [['provision', '--', '--force', 'ubuntu'], invalid, 2],
  [['provision', 'UPPER', 'ubuntu'], invalid, 2],
  [['provision', 'node8', 'a/b'], invalid, 2],
  [['create_snapshot', 'node7', '../x'], invalid, 2],
  [['show_node', 'has space'], invalid, 2],
  [['detach_node', '..'], invalid, 2],

  [['provision', 'node8', 'ubuntu', '--size', 'banana'], invalid, 2],
  [['provision', 'node8', 'ubuntu', '--size', '-1'], invalid, 2],
  [['provision', 'node8', 'ubuntu', '--size', '1.5'], invalid, 2],
  [['provision', 'node8', 'ubuntu', '--size', '0'], 'INVALID_ARGUMENT SIZE_TOO_SMALL', 2],
  [['provision', 'node8', 'ubuntu', '--size', ''], invalid, 2],
  [['provision', 'node8', 'ubuntu', '--size', '99999999999999999999TiB'], invalid, 2],
  [['provision', 'node8', 'ubuntu', '--size', '1MiB'], 'INVALID_ARGUMENT SIZE_TOO_SMALL', 2],
  [['provision', 'node8', 'ubuntu', '--size'], invalid, 2],
  [['provision', 'node8', 'ubuntu', '--size', '32MiB', '--size', '64MiB'], invalid, 2],
  [['detach_node', 'node7', '--keep-disk=maybe'], invalid, 2],
  [['detach_node', 'node7', '--trash', 'soon'], invalid, 2],
  [['detach_node', 'node7', '--keep-disk', '--trash', '7d'], invalid, 2],

  [['resize_disk', 'node7', 'banana'], invalid, 2],
  [['resize_disk', 'node7', '0'], 'INVALID_ARGUMENT SIZE_TOO_SMALL', 2],
  [['resize_disk', 'node7', '1MiB'], 'INVALID_ARGUMENT SIZE_TOO_SMALL', 2],
  [['resize_disk', 'node8', '1GiB'], 'NOT_FOUND NODE_NOT_FOUND', 3],
  [['provision_many', 'ubuntu'], 'INVALID_ARGUMENT ARGUMENT_MISSING', 2],
  [['provision_many', 'ubuntu', 'node8', '../x'], invalid, 2],
  [['provision_many', 'ubuntu', '@DIR/missing'], invalid, 2],
  [['attach_disk', 'node7', 'node8'], invalid, 2],
  [['attach_disk', '../../etc/passwd', 'node8'], invalid, 2],
  [['restore_from_trash', noDisk], 'NOT_FOUND DISK_NOT_FOUND', 3],
  [['restore_snapshot', 'node7', 'nosuch'], 'NOT_FOUND SNAPSHOT_NOT_FOUND', 3],
  [['rename_node', 'node8', 'node9'], 'NOT_FOUND NODE_NOT_FOUND', 3],
  [['rename_node', 'node7', 'a/b'], invalid, 2],

  [['schedule_snapshots', 'node7', 'every day'], 'INVALID_ARGUMENT SCHEDULE_INVALID', 2],
  [['schedule_snapshots', 'node7', '60 * * * *'], 'INVALID_ARGUMENT SCHEDULE_INVALID', 2],
  [['schedule_snapshots', 'node7', '0 0 31 2 *'], 'INVALID_ARGUMENT SCHEDULE_INVALID', 2],
  [['schedule_snapshots', 'node7', ''], invalid, 2],
  [['schedule_snapshots', 'node7', '* * * * *', '--keep', '0'], invalid, 2],
  [['schedule_snapshots', 'node7', '* * * * *', '--zone', '+02:00'], invalid, 2],
  [
    ['schedule_snapshots', 'node7', '* * * * *', '--zone', 'Europe/Berln'],
    `${invalid}: .*did you mean "Europe/Berlin"`,
    2,
  ],
  [['schedule_snapshots', 'node7', '* * * * *', '--name', '../x'], invalid, 2],
  [['schedule_snapshots', 'node8', '* * * * *'], 'NOT_FOUND NODE_NOT_FOUND', 3],

  [['provision', 'node8', 'ubuntu', '--initiator', 'eui.02004567A425678D'], invalid, 2],
  [['provision', 'node8', 'ubuntu', '--initiator', 'iqn.2026-13.org.example:a'], invalid, 2],
  [['provision', 'node8', 'ubuntu', '--initiator', 'iqn.2026-11.org.example:a_b'], invalid, 2],
  [['provision', 'node8', 'ubuntu', '--initiator', 'ALL'], invalid, 2],
  [['provision', 'node8', 'ubuntu', '--initiator', `iqn.2026-11.org.example:${'x'.repeat(230)}`], invalid, 2],
  [
    ['provision', 'node8', 'ubuntu', '--initiator', 'iqn.2026-11.local.patchbay:node.node7'],
    'ALREADY_EXISTS INITIATOR_IN_USE',
    4,
  ],

  [['provision'], 'INVALID_ARGUMENT ARGUMENT_MISSING', 2],
  [['provision', 'node8'], 'INVALID_ARGUMENT ARGUMENT_MISSING', 2],
  [['provision', 'node8', 'ubuntu', 'snap', 'more'], 'INVALID_ARGUMENT ARGUMENT_SURPLUS', 2],
  [['list_snapshots', 'node7', 'all'], 'INVALID_ARGUMENT ARGUMENT_SURPLUS', 2],
  [['list_nodes', 'x'.repeat(64)], invalid, 2],
  [['list_nodes', '--state', 'happy'], invalid, 2],
  [['provision', 'node8', 'ubuntu', '--sise', '1GiB'], 'INVALID_ARGUMENT OPTION_UNKNOWN: .*--size', 2],
  [['--jason', 'list_nodes'], 'INVALID_ARGUMENT OPTION_UNKNOWN: .*--json', 2],
  [['--timeout', 'soon', 'list_nodes'], 'INVALID_ARGUMENT ARGUMENT_INVALID', 2],
  [['provison', 'node8', 'ubuntu'], 'UNIMPLEMENTED METHOD_NOT_FOUND: .*did you mean "provision"', 2],
  [['storge.list_nodes'], 'NOT_FOUND OBJECT_NOT_FOUND', 3],
  [['..list_nodes'], 'INVALID_ARGUMENT NAME_INVALID', 2],
  [['--name-server', 'nowhere', 'list_nodes'], 'INVALID_ARGUMENT', 2],
  [['--name-server', '127.0.0.1:1', 'list_nodes'], 'UNAVAILABLE NAMESERVER_UNAVAILABLE', 8],

  [['provision', 'node8', 'ubunut'], 'NOT_FOUND IMAGE_NOT_FOUND: .*did you mean "ubuntu"', 3],
  [['provision', 'node8', 'ubuntu', 'nosuch'], 'NOT_FOUND SNAPSHOT_NOT_FOUND', 3],
  [['provision', 'node7', 'ubuntu', '--size', '64MiB'], 'ALREADY_EXISTS NODE_EXISTS', 4],
  [['show_node', 'node8'], 'NOT_FOUND NODE_NOT_FOUND', 3],
  [['show_credentials', 'node8'], 'NOT_FOUND NODE_NOT_FOUND', 3],
  [['create_snapshot', 'node8', 's'], 'NOT_FOUND NODE_NOT_FOUND', 3],
  [['delete_image', 'ubuntu'], 'FAILED_PRECONDITION IMAGE_HAS_CLONES: .*node7', 5],

  [['import_image', 'new', 'good.qcow2'], 'INVALID_ARGUMENT FILE_EXPECTED: .*@good.qcow2', 2],
  [['import_image', 'new', './no-such.qcow2'], 'INVALID_ARGUMENT ARGUMENT_INVALID: cannot read the file', 2],
  [['import_image', 'new', 'DIR/missing.qcow2'], 'INVALID_ARGUMENT ARGUMENT_INVALID: cannot read', 2],
  [['import_image', 'new', 'DIR/folder'], 'INVALID_ARGUMENT ARGUMENT_INVALID: .*is a directory', 2],
  [['import_image', 'new', '/dev/null'], 'INVALID_ARGUMENT SOURCE_CORRUPT', 2],
  [['import_image', 'new', 'DIR/empty.raw'], 'INVALID_ARGUMENT SOURCE_CORRUPT', 2],
  [['import_image', 'new', 'DIR/cut.qcow2'], 'INVALID_ARGUMENT SOURCE_(CORRUPT|REFUSED)', 2],
  [['import_image', 'new', 'DIR/shadow.qcow2'], 'INVALID_ARGUMENT SOURCE_REFUSED: .*backing file', 2],
  [['import_image', 'new', '@DIR/shadow.qcow2'], 'INVALID_ARGUMENT SOURCE_REFUSED: .*backing file', 2],
  [['import_image', 'new', 'ftp://127.0.0.1/x'], 'INVALID_ARGUMENT SOURCE_REFUSED', 2],
  [['import_image', 'new', 'file:///etc/passwd'], 'INVALID_ARGUMENT SOURCE_REFUSED', 2],
  [['import_image', 'new', 'server:DIR/missing.qcow2'], 'NOT_FOUND SOURCE_NOT_FOUND', 3],
  [['import_image', 'new', 'server:DIR/folder'], 'INVALID_ARGUMENT SOURCE_REFUSED', 2],
  [['import_image', 'new', 'server:DIR/link.qcow2'], 'INVALID_ARGUMENT SOURCE_REFUSED', 2],
  [
    ['import_image', 'new', 'server:DIR/out/passwd'],
    'INVALID_ARGUMENT SOURCE_REFUSED: .*sourceDirectories',
    2,
  ],
  [['import_image', 'new', 'server:/etc/passwd'], 'INVALID_ARGUMENT SOURCE_REFUSED: .*sourceDirectories', 2],
  [['import_image', 'new', 'server:DIR/../../etc/passwd'], 'INVALID_ARGUMENT SOURCE_REFUSED', 2],
  [['import_image', 'new', 'server:/dev/zero'], 'INVALID_ARGUMENT SOURCE_REFUSED', 2],
  [['import_image', 'new', 'server:good.qcow2'], 'INVALID_ARGUMENT SOURCE_REFUSED: .*absolute', 2],
  [['import_image', 'new', 'server:DIR/shadow.qcow2'], 'INVALID_ARGUMENT SOURCE_REFUSED: .*backing file', 2],
  // A refused connection is tried again, for as long as the time limit allows.
  [['import_image', 'new', 'http://127.0.0.1:2/x.qcow2', '--timeout', '1s'], 'DEADLINE_EXCEEDED', 9],
  [['import_image', 'new', 'http://10.0.0.1/x.qcow2'], 'INVALID_ARGUMENT SOURCE_REFUSED: .*urlNetworks', 2],
  [['import_image', 'new', 'http://[::1]/x.qcow2'], 'INVALID_ARGUMENT SOURCE_REFUSED: .*urlNetworks', 2],
  [
    ['import_image', 'new', 'http://169.254.169.254/latest'],
    'INVALID_ARGUMENT SOURCE_REFUSED: .*urlNetworks',
    2,
  ],
  [
    ['import_image', 'new', 'http://user:secret@127.0.0.1/x'],
    'INVALID_ARGUMENT SOURCE_REFUSED: .*password',
    2,
  ],
  [['import_image', 'new', ''], 'INVALID_ARGUMENT FILE_EXPECTED', 2],
  [['import_image', 'ubuntu', 'server:DIR/other.qcow2'], 'ALREADY_EXISTS IMAGE_EXISTS', 4],
  [['import_image', 'ubuntu', '@DIR/other.qcow2'], 'ALREADY_EXISTS IMAGE_EXISTS', 4],
  [['import_image', 'new', 'server:DIR/good.qcow2', '--sha256', 'abc'], invalid, 2],
  [
    ['import_image', 'new', 'server:DIR/good.qcow2', '--sha256', '0'.repeat(64)],
    'INVALID_ARGUMENT CHECKSUM_MISMATCH',
    2,
  ],
  [
    ['import_image', 'new', '@DIR/good.qcow2', '--sha256', '0'.repeat(64)],
    'INVALID_ARGUMENT CHECKSUM_MISMATCH',
    2,
  ],

  [['copy_image', 'ubuntu', 'a/b'], invalid, 2],
  [['copy_image', 'nosuch', 'copy'], 'NOT_FOUND IMAGE_NOT_FOUND', 3],
  [['copy_image', 'ubuntu', 'ubuntu'], 'ALREADY_EXISTS IMAGE_EXISTS', 4],
  [['rename_image', 'ubuntu', '../x'], invalid, 2],
  [['rename_image', 'nosuch', 'other'], 'NOT_FOUND IMAGE_NOT_FOUND', 3],
  [['promote_snapshot', 'node7', 'nosuch', 'golden'], 'NOT_FOUND SNAPSHOT_NOT_FOUND', 3],
  [['tag_image', 'ubuntu', 'has space'], invalid, 2],
  [['tag_image', 'ubuntu'], 'INVALID_ARGUMENT ARGUMENT_MISSING', 2],
  [['export_image', 'nosuch', '--output', 'DIR/out.qcow2'], 'NOT_FOUND IMAGE_NOT_FOUND', 3],
  [['export_image', 'ubuntu', 'vmdk'], invalid, 2],
  [['list_all_images', '--limit', '0'], invalid, 2],
];

describeSystem('Bad input to rpcclient', ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'mkfs.xfs'], () => {
  const patchbay = shared(() => Patchbay.start({ mount: () => mountXfs({ sizeBytes: 300 * MiB }) }));
  let untouched: Kept;

  before(async () => {
    await patchbay().importImage('ubuntu', 16 * MiB);
    await patchbay().provision('node7', 'ubuntu');
    const good = await patchbay().makeSource('good.qcow2', 16 * MiB);
    await patchbay().makeSource('other.qcow2', 8 * MiB, 0x11);
    await mkdir(patchbay().at('folder'));
    await writeFile(patchbay().at('empty.raw'), '');
    await symlink(good, patchbay().at('link.qcow2'));
    await symlink('/etc', patchbay().at('out'));
    const backing = ['-u', '-b', '/etc/shadow', '-F', 'raw', patchbay().at('shadow.qcow2'), '16M'];
    await output(['qemu-img', 'create', '-q', '-f', 'qcow2', ...backing]);
    await writeFile(patchbay().at('cut.qcow2'), (await readFile(good)).subarray(0, 1000));
    untouched = await patchbay().kept();
  });

  for (const [words, error, status] of rows) {
    const shown = words.map((word) => (word.length > 60 ? `${word.slice(0, 20)}...` : word));
    it(`is refused with ${error.split(':')[0] ?? ''} and changes nothing: ${JSON.stringify(shown)}`, async () => {
      const outcome = await patchbay().rpcclient(
        ...words.map((word) => word.replace('DIR', patchbay().directory)),
      );

      expect(outcome.stderr).to.match(new RegExp(`^error: ${error}.*\n$`));
      expect(outcome).to.include({ status, stdout: '' });
      expect(await patchbay().kept()).to.deep.equal(untouched);
    });
  }
});
