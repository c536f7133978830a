import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { read, root } from '../repository.js';
import { output } from '../system/command.js';
import { version } from './version.js';

interface Manifest {
  readonly version: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

describe('The version', function () {
  this.timeout(30_000);

  for (const name of readdirSync(join(root, 'packages'))) {
    const manifest = JSON.parse(read(`packages/${name}/package.json`)) as Manifest;

    it(`of ${name} is that of all, and so is that of the packages that it asks for`, () => {
      const asked = Object.entries(manifest.dependencies ?? {}).filter(([each]) =>
        each.startsWith('@patchbay/'),
      );
      expect(
        [manifest.version, ...asked.map(([, each]) => each)].filter((each) => each !== version),
      ).to.deep.equal([]);
    });

    for (const command of Object.keys(manifest.bin ?? {})) {
      it(`of all is what ${command} tells`, async () => {
        expect(await output([command, '--version'])).to.equal(`${version}\n`);
      });
    }
  }

  it('of all is the newest in the changelog', () => {
    const [, newest] = /^## \[(\d+\.\d+\.\d+[^\]]*)\]/m.exec(read('CHANGELOG.md')) ?? [];
    expect(newest).to.equal(version);
  });

  it("of the stores' tables is the one that the installer knows", () => {
    const [, known] = /^state_version=(\d+)$/m.exec(read('installer/checks.sh')) ?? [];
    const [, made] =
      /^export const schemaVersion = (\d+);$/m.exec(read('packages/store/src/sqlite/schema.ts')) ?? [];
    expect(known).to.be.a('string').that.equals(made);
  });

  it('of all stands in the lock file', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      readonly packages: Readonly<Record<string, Manifest>>;
    };
    const ours = Object.entries(packages).filter(([path]) => path === '' || path.startsWith('packages/'));
    expect(ours.filter(([, each]) => each.version !== version).map(([path]) => path)).to.deep.equal([]);
  });
});
