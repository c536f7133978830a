import { expect } from 'chai';

import { parseAddress } from '../src/address.js';
import { checkPlainListen, type Insecure, warnOfPlainTcp } from '../src/plain-tcp.js';
import { RecordingLog } from '../src/testing/recording-log.js';

describe('Plain TCP', () => {
  const check = (address: string, insecure?: Insecure): void => {
    checkPlainListen(parseAddress(address), insecure === undefined ? {} : { insecure });
  };

  it('is listened to on a network only where that is said', () => {
    for (const address of ['0.0.0.0:7440', '10.0.0.1:0', '[::]:7440', 'lab.example:7440']) {
      check(address, 'network');
      expect(() => {
        check(address);
      })
        .to.throw(/can be reached.*unix:.*--insecure=network.*insecure: network.*insecure: 'network'/)
        .with.property('reason', 'CONFIG_INVALID');
    }
  });

  it('is not listened to on a network by what earlier versions took for that', () => {
    expect(() => {
      check('0.0.0.0:7440', true);
    }).to.throw(
      /"0\.0\.0\.0:7440" can be reached.*--insecure allows loopback alone; give --insecure=network/,
    );
  });

  it('has nothing to do with socket files', () => {
    check('unix:/run/socket');
  });

  it('is warned of, with its addresses', () => {
    const log = new RecordingLog();
    warnOfPlainTcp(['unix:/run/socket'], true, log);
    expect(log.lines).to.deep.equal([]);
    warnOfPlainTcp(['unix:/run/socket', '127.0.0.1:1', '[::1]:2'], true, log);
    expect(log.lines[0]).to.deep.include({ level: 'warn' });
    warnOfPlainTcp(['127.0.0.1:1'], false, log);
    expect(log.lines[1]?.message).to.match(/^plain TCP without insecure: everybody/);
    expect(JSON.stringify(log.lines[0])).to.match(/everybody.*is an admin.*127\.0\.0\.1:1.*\[::1\]:2/);
  });
});
