import { expect } from 'chai';

import { parseAddress } from '../src/address.js';
import { checkPlainDial, checkPlainListen, type Insecure, warnOfPlainTcp } from '../src/plain-tcp.js';
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

  it('is listened to on loopback only where that is said', () => {
    for (const address of ['127.0.0.1:7440', '[::1]:0', 'localhost:7440']) {
      check(address, true);
      expect(() => {
        check(address);
      })
        .to.throw(/is plain TCP, where every user .*unix:.*identity.*--insecure.*insecure: true/)
        .with.property('reason', 'CONFIG_INVALID');
    }
  });

  it('is dialled only where that is said', () => {
    for (const address of ['127.0.0.1:7440', 'names.example:7440']) {
      checkPlainDial(address, { insecure: true });
      expect(() => {
        checkPlainDial(address, {});
      })
        .to.throw(`rpcserver join ${address} --token -`)
        .with.property('message')
        .that.matches(/identity.*--insecure.*insecure: true/);
    }
  });

  it('has nothing to do with socket files', () => {
    check('unix:/run/socket');
    checkPlainDial('unix:/run/socket', {});
  });

  it('is warned of, with its addresses', () => {
    const log = new RecordingLog();
    warnOfPlainTcp(['unix:/run/socket'], log);
    expect(log.lines).to.deep.equal([]);
    warnOfPlainTcp(['unix:/run/socket', '127.0.0.1:1', '[::1]:2'], log);
    expect(log.lines[0]).to.deep.include({ level: 'warn' });
    expect(JSON.stringify(log.lines[0])).to.match(/everybody.*is an admin.*127\.0\.0\.1:1.*\[::1\]:2/);
  });
});
