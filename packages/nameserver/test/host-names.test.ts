import { expect } from 'chai';
import fc from 'fast-check';

import { isOwnName, mayRegister } from '@patchbay/nameserver';

const host = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,10}$/);
const twoHosts = fc.uniqueArray(host, { minLength: 2, maxLength: 2 });
const objectName = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,4}([./][A-Za-z0-9_-]{1,4}){0,3}$/);
const glob = fc.oneof(
  fc.constantFrom('*', '**', '?*', '**.*', '*/**'),
  objectName.map((name) => `${name.slice(0, 2)}**`),
  objectName.map((name) => `**${name.slice(-3)}`),
);
const version = fc.constantFrom('', '/v1', '/v20');

describe('the names that a host may register', () => {
  for (const [name, allowed, may] of [
    ['host.web1', [], true],
    ['calls.rpcserver.web1', [], true],
    ['calls.rpcserver.web1/v2', [], true],
    ['storage.web1/pool', [], true],
    ['web1', [], false],
    ['storage', [], false],
    ['storage', ['storage'], true],
    ['storage/v2', ['storage'], true],
    ['storage', ['storage/v2'], false],
    ['storage/pool', ['storage'], false],
    ['Storage', ['storage'], false],
    ['storage2', ['storage*'], true],
    ['storage/v2', ['stor*'], true],
    ['host.web2', [], false],
    ['host.web2', ['**'], false],
    ['host.web2', ['host.*'], false],
    ['host.web2', ['host.web2'], true],
    ['pool/host.web1', [], false],
    ['host.web1.web2', ['**'], false],
    ['storage.Web_2', ['**'], true],
    ['host.web10', [], false],
    ['host.xweb1', [], false],
    ['jobs', ['**'], false],
    ['jobs/v2', ['jobs*', 'jobs/*', '**'], false],
    ['jobs', ['jobs'], true],
    ['jobs/v2', ['jobs'], true],
    ['jobs.web1', [], true],
  ] as const) {
    it(`${may ? 'are' : 'are not'} ${name} where ${allowed.join(' and ') || 'nothing'} is allowed`, () => {
      expect(mayRegister('host:web1', name, allowed)).to.equal(may);
    });
  }

  it('below its own name are no other host’s, but by that very name, whatever globs are allowed', () => {
    fc.assert(
      fc.property(twoHosts, objectName, version, fc.array(glob), ([a = '', b = ''], first, ending, globs) => {
        const name = `${first.replaceAll('/', '.')}.${b}${ending}`;
        expect(isOwnName(`host:${b}`, name)).to.be.true;
        expect(mayRegister(`host:${b}`, name, [])).to.be.true;
        expect(mayRegister(`host:${a}`, name, globs)).to.be.false;
        expect(mayRegister(`host:${a}`, name, [...globs, name])).to.be.true;
      }),
    );
  });

  it('are its own of one host at the most', () => {
    fc.assert(
      fc.property(twoHosts, objectName, ([a = '', b = ''], name) => {
        expect(isOwnName(`host:${a}`, name) && isOwnName(`host:${b}`, name)).to.be.false;
      }),
    );
  });

  it('are the cluster’s only by name', () => {
    const cluster = fc.constantFrom('nameserver', 'identity', 'calls', 'jobs', 'scripts');
    fc.assert(
      fc.property(host, cluster, version, fc.array(glob), (one, name, ending, globs) => {
        expect(mayRegister(`host:${one}`, name + ending, globs)).to.be.false;
        expect(mayRegister(`host:${one}`, name + ending, [...globs, name])).to.be.true;
      }),
    );
  });

  it('grow with what is allowed, and are all that is allowed by name, with its versions', () => {
    fc.assert(
      fc.property(host, objectName, version, fc.array(glob), (one, name, ending, globs) => {
        const before = mayRegister(`host:${one}`, name + ending, globs);
        expect(mayRegister(`host:${one}`, name + ending, [...globs, name])).to.be.true;
        expect(mayRegister(`host:${one}`, name + ending, [...globs, 'other']) || !before).to.be.true;
      }),
    );
  });

  it('are none of a user’s own', () => {
    expect(mayRegister('user:web1', 'host.web1', [])).to.be.false;
    expect(mayRegister('user:web1', 'desk', ['desk'])).to.be.true;
  });
});
