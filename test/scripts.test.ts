import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { root } from './repository.js';

describe('A script of the build', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'patchbay-scripts-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function write(files: Record<string, unknown>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
    }
  }

  function run(script: string): void {
    execFileSync(process.execPath, [join(root, 'scripts', script)], { cwd: folder });
  }

  it('removes what was compiled from a source that is gone, and nothing else', () => {
    write({
      'tsconfig.json': { references: [{ path: 'packages/a' }, { path: 'never-built' }] },
      'packages/a/test/kept.test.ts': '',
      'packages/a/dist/test/kept.test.js': '',
      'packages/a/dist/test/kept.test.d.ts.map': '',
      'packages/a/dist/test/gone.test.js': '',
      'packages/a/dist/test/gone.test.js.map': '',
      'packages/a/dist/test/gone.test.d.ts': '',
      'packages/a/dist/tsconfig.tsbuildinfo': '',
    });
    run('remove-orphans.js');
    const left = readdirSync(join(folder, 'packages/a/dist'), { recursive: true, encoding: 'utf8' });
    expect(left).to.have.members([
      'test',
      'test/kept.test.js',
      'test/kept.test.d.ts.map',
      'tsconfig.tsbuildinfo',
    ]);
  });

  it('links the commands that are built, and can be run again', () => {
    write({
      'packages/a/package.json': { bin: { 'a-command': 'dist/a.js', 'not-built': 'dist/b.js' } },
      'packages/a/dist/a.js': '',
      'packages/b/package.json': {},
    });
    run('link-commands.js');
    run('link-commands.js');
    expect(readdirSync(join(folder, 'node_modules/.bin'))).to.deep.equal(['a-command']);
    expect(readlinkSync(join(folder, 'node_modules/.bin/a-command'))).to.equal('../../packages/a/dist/a.js');
    expect(statSync(join(folder, 'packages/a/dist/a.js')).mode & 0o111).to.equal(0o111);
  });

  const wanted = {
    '': { name: 'x' },
    'packages/a': { version: '0.1.0' },
    'node_modules/b': { version: '1.0.0' },
    'node_modules/other-platform': { version: '1.0.0', optional: true },
  };
  const installed: [what: string, packages: Record<string, unknown>, status: number][] = [
    ['all that is needed', { 'packages/a': { version: '0.1.0' }, 'node_modules/b': { version: '1.0.0' } }, 0],
    ['another version', { 'packages/a': { version: '0.1.0' }, 'node_modules/b': { version: '1.0.1' } }, 1],
    ['too little', { 'packages/a': { version: '0.1.0' } }, 1],
  ];
  for (const [what, packages, status] of installed) {
    it(`says ${String(status)} when ${what} is installed`, () => {
      write({ 'package-lock.json': { packages: wanted }, 'node_modules/.package-lock.json': { packages } });
      expect(statusOf('installed.js')).to.equal(status);
    });
  }

  it('says 1 when nothing is installed', () => {
    write({ 'package-lock.json': { packages: wanted } });
    expect(statusOf('installed.js')).to.equal(1);
  });

  function statusOf(script: string): number {
    try {
      run(script);
      return 0;
    } catch (error) {
      return (error as { status: number }).status;
    }
  }
});
