import { expect } from 'chai';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { LogFile, type LogFileOptions } from '../src/log-file.js';

describe('A log file', () => {
  let directory: string;
  let path: string;
  const opened: LogFile[] = [];

  function open(file: string, options: LogFileOptions): LogFile {
    const logFile = LogFile.open(file, options);
    opened.push(logFile);
    return logFile;
  }

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'patchbay-log-'));
    path = join(directory, 'daemon.log');
  });
  afterEach(() => {
    for (const file of opened.splice(0)) {
      file.close();
    }
    rmSync(directory, { recursive: true, force: true });
  });

  it('appends to an existing file', () => {
    open(path, { maxBytes: 1000, keep: 1 }).write('first\n');
    open(path, { maxBytes: 1000, keep: 1 }).write('second\n');
    expect(readFileSync(path, 'utf8')).to.equal('first\nsecond\n');
  });

  it('is not readable by others', () => {
    open(path, { maxBytes: 1000, keep: 1 }).write('first\n');
    expect(statSync(path).mode & 0o007).to.equal(0);
  });

  it('never exceeds its bound, and keeps the configured number of older files', () => {
    const file = open(path, { maxBytes: 100, keep: 2 });
    for (let count = 0; count < 50; count += 1) {
      file.write(`line ${String(count).padStart(4, '0')}\n`);
    }
    expect(readdirSync(directory).sort()).to.deep.equal(['daemon.log', 'daemon.log.1', 'daemon.log.2']);
    const sizes = readdirSync(directory).map((name) => statSync(join(directory, name)).size);
    expect(Math.max(...sizes)).to.be.at.most(100);
    expect(readFileSync(path, 'utf8')).to.include('line 0049');
  });

  it('drops lines while its directory is missing, and resumes once it is back', () => {
    const file = open(path, { maxBytes: 10, keep: 1 });
    file.write('0123456789\n');
    rmSync(directory, { recursive: true });
    file.write('lost\n');
    mkdirSync(directory);
    file.write('back\n');
    expect(file.lost).to.have.property('lines', 1);
    expect(readFileSync(path, 'utf8')).to.equal('back\n');
  });

  it('counts the lines that a full disk does not accept', () => {
    const file = open('/dev/full', { maxBytes: 1_000_000, keep: 1 });
    file.write('lost\n');
    expect(file.lost).to.have.nested.property('error.code', 'ENOSPC');
  });

  it('that cannot be opened is reported as an error of the configuration', () => {
    const absent = join(directory, 'absent', 'daemon.log');
    expect(() => LogFile.open(absent, { maxBytes: 10, keep: 1 }))
      .to.throw(/log file \S+ cannot be opened: no such file or directory/)
      .with.property('reason', 'CONFIG_INVALID');
  });

  it('opens its file again for a line after it was closed', () => {
    const file = open(path, { maxBytes: 1000, keep: 1 });
    file.close();
    file.write('late\n');
    expect(readFileSync(path, 'utf8')).to.equal('late\n');
  });
});
