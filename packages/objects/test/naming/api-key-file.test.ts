import { chmod, symlink, writeFile } from 'node:fs/promises';

import { expect } from 'chai';

import { findApiKey, readApiKeyFile } from '../../src/index.js';
import { formatApiKey, makeApiKey } from '../../src/identity/index.js';
import { refusalOf, Scratch } from '../../src/testing/index.js';

describe('The file of an API key', () => {
  const key = makeApiKey();
  let scratch: Scratch;
  let file: string;
  beforeEach(async () => {
    scratch = await Scratch.make();
    file = scratch.file('key');
    await writeFile(file, `${formatApiKey(key)}\n`, { mode: 0o600 });
  });
  afterEach(() => scratch.close());

  it('is named by PATCHBAY_API_KEY_FILE, else by client.yaml, else by nobody', async () => {
    const directories = { systemDirectory: scratch.file('etc') };
    expect(findApiKey({ ...directories, environment: { PATCHBAY_API_KEY_FILE: file } })).to.deep.equal(key);
    await writeFile(scratch.file('client.yaml'), `apiKeyFile: ${file}\n`);
    expect(findApiKey({ environment: {}, systemDirectory: scratch.path })).to.deep.equal(key);
    expect(findApiKey({ ...directories, environment: {} })).to.equal(undefined);
    await writeFile(scratch.file('client.yaml'), 'apiKeyFile: key\n');
    const error = refusalOf(() => findApiKey({ environment: {}, systemDirectory: scratch.path }));
    expect(error.message).to.contain('client.yaml:1: apiKeyFile: must be an absolute path');
  });

  it('is refused when it is not there, or others may read it, or it is a link, or has no key', async () => {
    expect(refusalOf(() => readApiKeyFile(scratch.file('none'))).message).to.contain('is not there');
    await symlink(file, scratch.file('link'));
    expect(refusalOf(() => readApiKeyFile(scratch.file('link'))).message).to.contain('symbolic link');
    await chmod(file, 0o640);
    const open = refusalOf(() => readApiKeyFile(file));
    expect(open.reason).to.equal('IDENTITY_FILE_UNSAFE');
    expect(open.message).to.contain('chmod 600').and.not.contain(key.secret);
    await writeFile(scratch.file('other'), 'a password', { mode: 0o600 });
    const other = refusalOf(() => readApiKeyFile(scratch.file('other')));
    expect(other.message).to.contain('no API key').and.not.contain('a password');
  });
});
