import { expect } from 'chai';

import { connectionsTo } from '../../../src/targets/tgt/tcp-table.js';

const header =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const line = (local: string, remote: string, state: string, inode: number): string =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 ${String(inode)} 1 00000000d71b133f 100 0 0 10 0\n`;

describe("the kernel's tables of connections", () => {
  it('are read by the port of a portal, IPv4 and IPv6, what is established alone', () => {
    const text =
      header +
      line('0100007F:0CBC', '00000000:0000', '0A', 1) +
      line('0100007F:0CBC', '0100007F:AC78', '01', 7) +
      line('0100007F:0CBD', '0100007F:AC79', '06', 0) +
      header +
      line('00000000000000000000000001000000:0CBC', '00000000000000000000000001000000:AC7A', '01', 5);
    const [first, second] = connectionsTo([3260, 3261], text);
    expect(first).to.equal('00000000000000000000000001000000:AC7A/5 0100007F:AC78/7');
    expect(second).to.equal('');
  });

  it('differ when a connection is replaced by one from the same port', () => {
    const before = connectionsTo([3260], line('0100007F:0CBC', '0100007F:AC78', '01', 7));
    const after = connectionsTo([3260], line('0100007F:0CBC', '0100007F:AC78', '01', 8));
    expect(before).to.not.deep.equal(after);
  });
});
