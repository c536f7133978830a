import { expect } from 'chai';

import { root } from './repository.js';
import { run } from './system/command.js';

describe('The API reference', function () {
  this.timeout(120_000);

  it('is made without warnings, of which an export without a doc comment is one', async () => {
    const outcome = await run(['typedoc', '--emit', 'none'], { cwd: root, timeoutMs: 110_000 });
    expect(outcome).to.deep.equal({ status: 0, stdout: '', stderr: '' });
  });
});
