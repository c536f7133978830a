import { expect } from 'chai';
import { chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import {
  findInsecure,
  findNameServer,
  type FindOptions,
  findTls,
} from '../../src/naming/find-name-server.js';
import { Scratch } from '../../src/testing/scratch.js';

describe('Finding the name server', () => {
  let scratch: Scratch;

  beforeEach(async () => {
    scratch = await Scratch.make();
  });
  afterEach(() => scratch[Symbol.asyncDispose]());

  /** Returns options with home and system directories inside the scratch directory. */
  function inScratch(environment: Readonly<Record<string, string>>): FindOptions {
    return {
      environment: { HOME: scratch.file('home'), ...environment },
      systemDirectory: scratch.file('etc'),
      runDirectory: scratch.file('run'),
    };
  }

  function find(given?: string, environment: Readonly<Record<string, string>> = {}): string {
    return findNameServer(given, inScratch(environment));
  }

  function isInsecure(given?: boolean, environment: Readonly<Record<string, string>> = {}): boolean {
    return findInsecure(given, inScratch(environment));
  }

  async function write(path: string, text: string): Promise<void> {
    await mkdir(dirname(scratch.file(path)), { recursive: true });
    await writeFile(scratch.file(path), text);
  }

  const user = 'home/.config/patchbay/client.yaml';

  it('ends at the standard address', () => {
    expect(find()).to.equal('127.0.0.1:7440');
    expect(find(undefined, { HOME: '', PATCHBAY_NAMESERVER: '' })).to.equal('127.0.0.1:7440');
  });

  it('prefers the socket of the system, then that of the user, to the standard address', async () => {
    const environment = { XDG_RUNTIME_DIR: scratch.file('user') };
    await write('user/patchbay/nameserver/socket', '');
    expect(find(undefined, environment)).to.equal(`unix:${scratch.file('user/patchbay/nameserver/socket')}`);
    expect(find(undefined, { XDG_RUNTIME_DIR: 'user' })).to.equal('127.0.0.1:7440');
    await write('run/patchbay/nameserver/socket', '');
    expect(find(undefined, environment)).to.equal(`unix:${scratch.file('run/patchbay/nameserver/socket')}`);
    await write('etc/client.yaml', 'nameServer: machine:1\n');
    expect(find(undefined, environment)).to.equal('machine:1');
  });

  it("leaves the socket of another user's runtime directory, as sudo may keep it, to that user", async () => {
    await write('user/patchbay/nameserver/socket', '');
    const options = inScratch({ XDG_RUNTIME_DIR: scratch.file('user') });
    const owner = (await stat(scratch.file('user'))).uid;
    const socket = `unix:${scratch.file('user/patchbay/nameserver/socket')}`;
    expect(findNameServer(undefined, { ...options, uid: owner })).to.equal(socket);
    if (owner === 0) {
      await chown(scratch.file('user'), 65_534, 65_534);
      expect(findNameServer(undefined, { ...options, uid: 65_534 })).to.equal(socket);
    }
    expect(findNameServer(undefined, { ...options, uid: owner === 0 ? 0 : owner + 1 })).to.equal(
      '127.0.0.1:7440',
    );
  });

  it("takes the machine's file, over it the user's, over it the environment, over it what is given", async () => {
    await write('etc/client.yaml', 'nameServer: machine:1\n');
    expect(find()).to.equal('machine:1');
    await write(user, 'nameServer: user:2\n');
    expect(find()).to.equal('user:2');
    await write('xdg/patchbay/client.yaml', 'nameServer: xdg:3\n');
    const environment = { XDG_CONFIG_HOME: scratch.file('xdg') };
    expect(find(undefined, environment)).to.equal('xdg:3');
    expect(find(undefined, { ...environment, PATCHBAY_NAMESERVER: 'variable:4' })).to.equal('variable:4');
    expect(find('given:5', { PATCHBAY_NAMESERVER: 'variable:4' })).to.equal('given:5');
  });

  it("goes on to the machine's file from one of the user's that says nothing", async () => {
    await write('etc/client.yaml', 'nameServer: machine:1\n');
    await write(user, '# nothing yet\n');
    expect(find()).to.equal('machine:1');
  });

  it('leaves a relative XDG_CONFIG_HOME out', async () => {
    await write(user, 'nameServer: user:2\n');
    expect(find(undefined, { XDG_CONFIG_HOME: 'relative' })).to.equal('user:2');
  });

  for (const text of [
    'nameServer: lab.example:7440',
    "\uFEFFnameServer: 'lab.example:7440'   # ours\r\n",
    '---\n# where\n\nnameServer:   "lab.example:7440"\n',
    'nameServer: lab.example:7440 # ours',
  ]) {
    it(`reads ${JSON.stringify(text)}`, async () => {
      await write(user, text);
      expect(find()).to.equal('lab.example:7440');
    });
  }

  for (const [text, line, message] of [
    ['nameServr: a:1', 1, 'unknown key "nameServr"; did you mean "nameServer"?'],
    ['\nnameServer: a\n', 2, 'nameServer: address "a": must be host:port'],
    ['nameServer:', 1, 'nameServer: address "": must be host:port'],
    ['nameServer: "a:1', 1, 'nameServer: address "\\"a:1": must be host:port'],
    ['nameServer: a:1\nnameServer: b:1\n', 2, 'duplicate key "nameServer"'],
    ['nameServer:a:1', 1, '"nameServer:a:1": write "nameServer: HOST:PORT"'],
    ['# x\n  nameServer: a:1', 2, 'write "nameServer: HOST:PORT"'],
    ['\u001b[2J', 1, '"\\u001b[2J": write'],
  ] as const) {
    it(`refuses ${JSON.stringify(text)} with file and line`, async () => {
      await write(user, text);
      expect(() => find())
        .to.throw(`${scratch.file(user)}:${String(line)}: `)
        .with.property('reason', 'CONFIG_INVALID');
      expect(() => find()).to.throw(message);
    });
  }

  it('dials plain TCP where that is said, and the nearest that says so decides', async () => {
    expect(isInsecure()).to.equal(false);
    await write('etc/client.yaml', 'insecure: true # the lab\nnameServer: machine:1\n');
    expect(isInsecure()).to.equal(true);
    expect(find()).to.equal('machine:1');
    await write(user, 'nameServer: user:2\n');
    expect(isInsecure()).to.equal(true);
    await write(user, 'insecure: false\n');
    expect(isInsecure()).to.equal(false);
    expect(isInsecure(undefined, { PATCHBAY_INSECURE: '' })).to.equal(false);
    expect(isInsecure(undefined, { PATCHBAY_INSECURE: '1' })).to.equal(true);
    expect(isInsecure(false, { PATCHBAY_INSECURE: '1' })).to.equal(false);
    expect(isInsecure(true)).to.equal(true);
  });

  it('refuses what is neither yes nor no to plain TCP', async () => {
    expect(() => isInsecure(undefined, { PATCHBAY_INSECURE: 'yes' })).to.throw(
      'PATCHBAY_INSECURE: must be 1 or 0, not "yes"',
    );
    for (const value of ['network', '"true"', '']) {
      await write(user, `insecure: ${value}\n`);
      expect(() => isInsecure()).to.throw(`${scratch.file(user)}:1: insecure: must be true or false`);
    }
    await write(user, 'insecure: true\ninsecure: true\n');
    expect(() => isInsecure()).to.throw(':2: duplicate key "insecure"');
  });

  it('refuses a file that cannot be read', async () => {
    await mkdir(scratch.file(user), { recursive: true });
    expect(() => find()).to.throw(`${scratch.file(user)}: cannot be read: it is a directory`);
  });

  it('refuses an address that is none, wherever it comes from', () => {
    expect(() => find('')).to.throw('address ""'); // unlike a variable that is empty, which stands for none
    for (const wrong of ['nowhere', '127.0.0.1', 'a:99999', 'a:0', 'http://a:1']) {
      expect(() => find(wrong)).to.throw(`address "${wrong}"`);
      expect(() => find(undefined, { PATCHBAY_NAMESERVER: wrong })).to.throw(`address "${wrong}"`);
    }
  });

  describe('takes of tls', () => {
    const own =
      'tls:\n  certificate: /pki/a.pem # ours\n  key: "a.key"\n  roots: roots.pem\nnameServer: ns:1\n';

    it('the three files of client.yaml, relative to it, and what is given instead', async () => {
      await write(user, own);
      const folder = scratch.file('home/.config/patchbay');
      const files = { certificate: '/pki/a.pem', key: `${folder}/a.key`, roots: `${folder}/roots.pem` };
      expect(findTls({}, inScratch({}))).to.deep.equal(files);
      expect(findTls({ key: 'b.key' }, inScratch({}))).to.deep.equal({ ...files, key: 'b.key' });
      expect(find()).to.equal('ns:1');
    });

    it('nothing where nobody names any', () => {
      expect(findTls({}, inScratch({}))).to.equal(undefined);
    });

    const wrong: readonly [what: string, text: string, says: RegExp][] = [
      ['two files alone', own.replace(/ {2}roots.*\n/, ''), /takes three files/],
      ['another key', own.replace('roots:', 'root:'), /:4: unknown key "root"; did you mean "roots"/],
      ['a key twice', own.replace('roots:', 'key:'), /:4: duplicate key "key"/],
      ['a file without a name', own.replace(' roots.pem', ''), /:4: tls.roots: must be the path/],
      [
        'all on one line',
        'tls: { certificate: a, key: b, roots: c }\n',
        /:1: tls: write certificate, key and/,
      ],
      ['files of nothing', own.replace('tls:', 'insecure: false'), /:2: .*write/],
    ];
    for (const [what, text, says] of wrong) {
      it(`no ${what}`, async () => {
        await write(user, text);
        expect(() => findTls({}, inScratch({}))).to.throw(says);
      });
    }
  });
});
