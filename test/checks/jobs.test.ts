import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { root } from '../repository.js';
import { allJobs, testJobs, testSchedules } from './jobs.js';

describe('The jobs of checks', () => {
  const files = [
    'packages/a/dist/test/one.test.js',
    'packages/a/dist/test/folder/two.test.js',
    'packages/a/dist/test/folder/three.test.js',
    'packages/a/dist/test/folder-beside/four.test.js',
    'test/dist/system/five.test.js',
    'test/dist/system/six.test.js',
  ];
  const schedules = {
    'packages/a/test': { quick: true },
    'packages/a/test/folder': { seconds: 30 },
    'packages/a/test/folder/three': { exclusive: true },
    'test/system': { seconds: 7, eachFile: true },
  };
  const jobs = testJobs(files, schedules);
  const jobOf = (name: string) => jobs.find((job) => job.name === name);
  const filesOf = (name: string) => jobOf(name)?.argv.filter((each) => each.endsWith('.test.js'));

  it('run all files of a folder in one process, but for those with a schedule of their own', () => {
    expect(filesOf('packages/a/test')).to.deep.equal([files[0], files[3]]);
    expect(filesOf('packages/a/test/folder')).to.deep.equal([files[1]]);
    expect(filesOf('packages/a/test/folder/three')).to.deep.equal([files[2]]);
  });

  it('run each file by itself where its folder asks for that', () => {
    expect(filesOf('test/system/five')).to.deep.equal([files[4]]);
    expect(filesOf('test/system/six')).to.deep.equal([files[5]]);
  });

  it('take their schedule from the longest path', () => {
    expect(jobOf('packages/a/test')).to.include({ quick: true, exclusive: false });
    expect(jobOf('packages/a/test/folder')).to.include({ seconds: 30, quick: false, exclusive: false });
    expect(jobOf('packages/a/test/folder/three')).to.include({ quick: false, exclusive: true });
  });

  for (const path of Object.keys(testSchedules)) {
    it(`have tests at ${path}, for which there is a schedule`, () => {
      expect(existsSync(join(root, path)) || existsSync(join(root, `${path}.test.ts`))).to.be.true;
    });
  }

  it('hold every test once', () => {
    const all = allJobs().flatMap(({ argv }) => argv.filter((each) => each.endsWith('.test.js')));
    expect(new Set(all).size).to.equal(all.length).and.to.be.above(100);
    expect(all).to.include('test/dist/checks/jobs.test.js');
  });
});
