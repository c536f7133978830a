import { type Client, type ServiceError, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { z } from 'zod';

import { type Connection, ObjectServer } from '@patchbay/grpc/server';
import { dial } from '@patchbay/grpc/testing';
import { type Access, type Grant, type Principal, silentLog, systemClock } from '@patchbay/objects';
import { accessLevels, arg, defineObject, Dispatcher, method } from '@patchbay/objects/define';

import { nameService } from '../src/name-service.js';

type Callback = (error: ServiceError | null) => void;

interface Names extends Client {
  Lookup(request: object, callback: Callback): void;
}

const role = (name: Grant['role']): readonly Grant[] => [{ role: name, objects: 'nameserver', methods: '*' }];

/** The callers, each with the highest level that it reaches. */
const callers: readonly (readonly [string, Principal, readonly Grant[], Access])[] = [
  ['who is anonymous', 'anonymous', [], 'open'],
  ['a member', 'host:h1', [], 'member'],
  ['a viewer', 'user:eve', role('viewer'), 'view'],
  ['an operator', 'user:eve', role('operator'), 'operate'],
  ['an admin', 'user:eve', role('admin'), 'administer'],
];

/** An object with the name server's lookup at some level, which notes its calls. */
function names(access: Access, seen: string[]): ReturnType<typeof defineObject> {
  const lookup = method({
    summary: 'Look up',
    access,
    args: [arg('name', z.string(), 'the name')],
    returns: z.unknown(),
    run: (name) => {
      seen.push(name);
      return { name, endpoints: [], metadata: {}, revision: 1, registeredAt: '' };
    },
  });
  return defineObject({ summary: 'Names', methods: { lookup } });
}

describe('Access by the typed NameServer', () => {
  const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
  const opened: { readonly server: ObjectServer; readonly client: Names }[] = [];

  before(async () => {
    for (const [, principal, roles] of callers) {
      const identify = ({ peer }: Connection) => ({ peer, principal, groups: [], roles });
      const listen = '127.0.0.1:0';
      const server = await ObjectServer.start({ listen, dispatcher, identify, services: [nameService] });
      const client = dial<Names>(server.address, 'patchbay/v1/nameserver.proto', 'patchbay.v1.NameServer');
      opened.push({ server, client });
    }
  });
  after(async () => {
    for (const { server, client } of opened) {
      client.close();
      await server.close();
    }
  });

  for (const access of accessLevels) {
    for (const [index, [who, principal, , reaches]] of callers.entries()) {
      const isAllowed = accessLevels.indexOf(access) <= accessLevels.indexOf(reaches);
      const refused = principal === 'anonymous' ? 'UNAUTHENTICATED' : 'PERMISSION_DENIED';
      const expected = isAllowed ? 'OK' : refused;
      it(`answers ${who} with ${expected} where it declares ${access}`, async () => {
        const seen: string[] = [];
        dispatcher.host('nameserver', names(access, seen));
        const code = await new Promise<status>((resolve) => {
          opened[index]?.client.Lookup({ name: 'storage' }, (error) => {
            resolve(error?.code ?? status.OK);
          });
        });
        expect([status[code], seen]).to.deep.equal([expected, isAllowed ? ['storage'] : []]);
      });
    }
  }
});
