import { expect } from 'chai';

import type { Endpoint, NameRecord } from '@patchbay/objects';
import { nameRow, resultText } from '@patchbay/terminal';

function recordOf(name: string, ...endpoints: Endpoint[]): NameRecord {
  return {
    name,
    endpoints,
    metadata: {},
    revision: 1,
    registeredAt: '2026-01-01T00:00:00.000Z',
  } as NameRecord;
}

describe('the row of a name', () => {
  const here = recordOf('a', { address: 'a:1', serverId: 's1', host: 'local' });
  const there = recordOf('b', { address: 'b:1', serverId: 's1', host: 'host:web1' });

  it('has no host where no name is registered by one', () => {
    expect(nameRow(here)).to.not.have.property('host');
    expect(resultText([nameRow(here)])).to.not.include('HOST');
  });

  it('has the host that registered it', () => {
    const lines = resultText([nameRow(here), nameRow(there)]).split('\n');
    expect(lines[0]).to.match(/^NAME +ADDRESS +SERVER ID +.*HOST/);
    expect(lines[1]).to.not.include('local');
    expect(lines[2]).to.include('host:web1');
  });
});
