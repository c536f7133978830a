import { expect } from 'chai';

import { type Access, accessLevels } from '../../src/identity/access.js';
import { type AccessRequest, authorize, isAuthorized } from '../../src/identity/authorize.js';
import {
  type Caller,
  type Grant,
  insecureCaller,
  localCaller,
  type Role,
} from '../../src/identity/caller.js';
import { refusalOf } from '../../src/testing/refusal.js';

function caller(principal: Caller['principal'], ...roles: readonly Grant[]): Caller {
  return { peer: 'test', principal, groups: [], roles };
}

const on = (role: Role, objects = '**', methods = '*'): Grant => ({ role, objects, methods });

function ask(who: Caller, access: Access, object = 'storage', method = 'look'): AccessRequest {
  return { caller: who, action: 'call', object, method, access };
}

function levels(who: Caller, object?: string, method?: string): readonly Access[] {
  return accessLevels.filter((access) => isAuthorized(ask(who, access, object, method)));
}

describe('authorize', () => {
  const ladder: readonly (readonly [string, Caller, number])[] = [
    ['anonymous', caller('anonymous'), 1],
    ['a known caller without a role', caller('host:h1'), 2],
    ['a viewer', caller('user:eve', on('viewer')), 3],
    ['an anonymous viewer', caller('anonymous', on('viewer')), 3],
    ['an operator', caller('user:olga', on('operator')), 4],
    ['an admin', caller('user:ada', on('admin')), 5],
    ['local', localCaller('test'), 5],
    ['whoever is insecure', insecureCaller('test'), 5],
  ];
  for (const [who, each, count] of ladder) {
    it(`allows ${who} ${accessLevels.slice(0, count).join(', ')}`, () => {
      expect(levels(each)).to.deep.equal(accessLevels.slice(0, count));
    });
  }

  it('goes by the highest of the roles that an object and a method have', () => {
    const who = caller(
      'user:eve',
      on('viewer', 'storage*'),
      on('operator', 'storage', 'create_*'),
      on('admin', 'web/**'),
    );
    expect(levels(who, 'storage', 'create_snapshot').at(-1)).to.equal('operate');
    expect(levels(who, 'storage', 'detach_node').at(-1)).to.equal('view');
    expect(levels(who, 'storage/v2', 'create_snapshot').at(-1)).to.equal('member');
    expect(levels(who, 'web/a/b', 'x').at(-1)).to.equal('administer');
    expect(levels(who, 'other', 'x').at(-1)).to.equal('member');
  });

  it('shows a method to who has a role on it, or may call it', () => {
    const shows = (who: Caller, access: Access): boolean =>
      isAuthorized({ ...ask(who, access), action: 'describe' });
    const viewer = caller('user:eve', on('viewer'));
    expect(accessLevels.filter((access) => shows(viewer, access))).to.deep.equal(accessLevels);
    expect(accessLevels.filter((access) => shows(caller('user:eve'), access))).to.deep.equal([
      'open',
      'member',
    ]);
    expect(accessLevels.filter((access) => shows(caller('anonymous'), access))).to.deep.equal(['open']);
  });

  it('tells who is anonymous how to become known', () => {
    const error = refusalOf(() => {
      authorize(ask(caller('anonymous'), 'view'));
    });
    expect(error).to.include({ code: 'UNAUTHENTICATED', reason: 'CALLER_UNKNOWN' });
    expect(error.message).to.equal(
      '"storage.look" needs a known caller, and this one is anonymous: ' +
        "connect by the socket file of the server's machine, or with an identity that the server knows",
    );
  });

  it('tells who has a role which one is needed', () => {
    const error = refusalOf(() => {
      authorize(ask(caller('user:eve', on('viewer')), 'operate'));
    });
    expect(error).to.include({ code: 'PERMISSION_DENIED', reason: 'CALLER_REFUSED' });
    expect(error.message).to.equal(
      'user:eve may not call "storage.look": it is viewer there, and needs to be operator; ask an admin to grant that',
    );
    expect(error.details).to.deep.equal({
      principal: 'user:eve',
      object: 'storage',
      method: 'look',
      role: 'operator',
    });
  });

  it('tells who has no role that it needs one, whatever the method asks for', () => {
    const messages = (['view', 'administer'] as const).map(
      (access) =>
        refusalOf(() => {
          authorize(ask(caller('user:eve'), access));
        }).message,
    );
    expect(new Set(messages)).to.deep.equal(
      new Set([
        'user:eve may not call "storage.look": it has no role on "storage" that allows it, if it exists; ' +
          'ask an admin to grant it viewer, operator or admin',
      ]),
    );
  });
});
