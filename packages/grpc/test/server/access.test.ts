import {
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { expect } from 'chai';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';

import {
  type Access,
  type Caller,
  type CallOptions,
  type Grant,
  isRpcError,
  type ObjectReference,
  silentLog,
  type SignaturesOf,
  systemClock,
} from '@patchbay/objects';
import {
  accessLevels,
  arg,
  callback,
  defineObject,
  type Delegations,
  Dispatcher,
  method,
  objectOf,
  property,
  streamOf,
} from '@patchbay/objects/define';
import { ObjectClient, type RemoteObject, routeTo } from '@patchbay/session/client';
import { MemoryTransport } from '@patchbay/session/memory';

import { connectTo } from '../../src/client/grpc-transport.js';
import { ObjectServer } from '../../src/server/index.js';
import { fromGrpcStatus } from '../../src/status.js';
import { dial, readAll } from '../../src/testing/foreign-client.js';

const require = createRequire(import.meta.url);
const reflectionProto = join(
  dirname(require.resolve('@grpc/reflection')),
  '../proto/grpc/reflection/v1/reflection.proto',
);

interface Objects extends Client {
  Call(request: object, metadata: Metadata): ClientReadableStream<unknown>;
}
interface Reflection extends Client {
  ServerReflectionInfo(metadata: Metadata): ClientDuplexStream<unknown, unknown>;
}

/** The levels of the methods that ran. */
const ran: Access[] = [];

function forEachLevel<P extends string, T>(
  prefix: P,
  make: (access: Access) => T,
): Readonly<Record<`${P}_${Access}`, T>> {
  const entries = accessLevels.map((access) => [`${prefix}_${access}`, make(access)]);
  return Object.fromEntries(entries) as Record<`${P}_${Access}`, T>;
}

const plain = (access: Access) =>
  method({ summary: 'Run', access, returns: z.null(), run: () => note(access) });

function note(access: Access): null {
  ran.push(access);
  return null;
}

const held = defineObject({
  summary: 'An object that is handed out',
  methods: forEachLevel('use', plain),
  properties: forEachLevel('size', (access) => property(z.null(), () => note(access), { access })),
});
type Held = typeof held;

const targets = defineObject({
  summary: 'A method of each kind for each level',
  methods: {
    ...forEachLevel('call', plain),
    ...forEachLevel('items', (access) =>
      method({
        summary: 'Yield',
        access,
        yields: z.int(),
        returns: z.null(),
        run: async function* () {
          note(access);
          yield await Promise.resolve(1);
          return null;
        },
      }),
    ),
    ...forEachLevel('stream', (access) =>
      method({
        summary: 'Read a stream',
        access,
        args: [arg('values', streamOf(z.int()), 'values')],
        returns: z.null(),
        run: async (values) => {
          for await (const value of values) {
            expect(value).to.equal(1);
          }
          return note(access);
        },
      }),
    ),
    ...forEachLevel('tell', (access) =>
      method({
        summary: 'Call a function',
        access,
        args: [arg('tell', callback([], z.null()), 'a function')],
        returns: z.null(),
        run: async (tell) => {
          await tell();
          return note(access);
        },
      }),
    ),
    hand_out: method({ summary: 'Hand out', access: 'open', returns: objectOf<Held>(), run: () => held }),
    show: method({
      summary: 'Pass an object to a function',
      access: 'open',
      args: [arg('look', callback([objectOf<Held>()], z.null()), 'a function')],
      returns: z.null(),
      run: (look) => look(held),
    }),
  },
  properties: forEachLevel('size', (access) => property(z.null(), () => note(access), { access })),
});
type Targets = SignaturesOf<typeof targets>;

interface Role {
  readonly caller: Omit<Caller, 'peer'>;
  /** The highest level that it reaches. */
  readonly reaches: Access;
  /** On whose behalf it calls; undefined: its own. */
  readonly onBehalfOf?: string;
  /** Whether it may not, whatever it calls. */
  readonly isRefused?: boolean;
}

const known = (principal: Caller['principal'], ...roles: Grant[]): Role['caller'] => ({
  principal,
  groups: [],
  roles,
});
const grant = (role: Grant['role'], objects = 'targets'): Grant => ({ role, objects, methods: '*' });

const admin = grant('admin', '**');

/** Who may call on whose behalf: the host `console` for users with a name that says their role. */
const delegations: Delegations = {
  callerFor: (principal, peer, delegate) => {
    const [, role] = /^user:(viewer|operator|admin|member)$/.exec(principal) ?? [];
    const granted = role === 'member' ? [] : [grant(role as Grant['role'])];
    return role === undefined ? undefined : { peer, principal, groups: [], roles: granted, delegate };
  },
  mayDelegate: (principal) => principal === 'host:console',
};
const reaching = (reaches: Access, caller: Role['caller'], onBehalfOf: string): Role => ({
  ...{ caller, onBehalfOf, reaches },
});
const refusedFor = (caller: Role['caller'], onBehalfOf: string): Role => ({
  ...{ caller, onBehalfOf, reaches: 'open', isRefused: true },
});

const roles: Readonly<Record<string, Role>> = {
  'who is anonymous': { caller: known('anonymous'), reaches: 'open' },
  'a member without a role': { caller: known('host:h1'), reaches: 'member' },
  'an admin of something else': { caller: known('user:eve', grant('admin', 'other')), reaches: 'member' },
  'a viewer': { caller: known('user:eve', grant('viewer')), reaches: 'view' },
  'an operator': { caller: known('user:eve', grant('operator')), reaches: 'operate' },
  'an admin': { caller: known('user:eve', grant('admin')), reaches: 'administer' },
  'a delegate of a member': reaching('member', known('host:console'), 'user:member'),
  'a delegate of a viewer': reaching('view', known('host:console'), 'user:viewer'),
  'a delegate of a viewer, itself an admin': reaching('view', known('host:console', admin), 'user:viewer'),
  'a delegate of an operator': reaching('operate', known('host:console'), 'user:operator'),
  'local on behalf of an operator': reaching('operate', known('local', admin), 'user:operator'),
  'local on behalf of an admin': reaching('administer', known('local', admin), 'user:admin'),
  'a delegate of nobody that there is': refusedFor(known('host:console', admin), 'user:gone'),
  'a host without the grant': refusedFor(known('host:h1', admin), 'user:admin'),
  'a user on behalf of an admin': refusedFor(known('user:eve', admin), 'user:admin'),
  'who is anonymous, on behalf of an admin': refusedFor(known('anonymous'), 'user:admin'),
  'an admin over plain TCP, on behalf of another': refusedFor(known('anonymous', admin), 'user:admin'),
};

/** The rule: who reaches a level may call what declares it or a lower one. */
function isAllowed({ reaches, isRefused }: Role, access: Access): boolean {
  return isRefused !== true && accessLevels.indexOf(access) <= accessLevels.indexOf(reaches);
}

function verdict(role: Role, access: Access): string {
  if (role.isRefused === true) {
    return 'DELEGATION_REFUSED';
  }
  const refused = role.caller.principal === 'anonymous' ? 'CALLER_UNKNOWN' : 'CALLER_REFUSED';
  return isAllowed(role, access) ? 'allowed' : refused;
}

/** What one role has to call with. */
interface Served extends AsyncDisposable {
  readonly memory: ObjectClient;
  readonly session: ObjectClient;
  readonly foreign: Objects;
  readonly server: ObjectServer;
  /** What its calls carry. */
  readonly options: CallOptions;
  readonly metadata: Metadata;
  readonly targets: RemoteObject<Targets>;
}

async function serve(dispatcher: Dispatcher, { caller, onBehalfOf }: Role): Promise<Served> {
  const identify = ({ peer }: { readonly peer: string }): Caller => ({ ...caller, peer });
  const server = await ObjectServer.start({ listen: '127.0.0.1:0', dispatcher, identify });
  const transport = new MemoryTransport(dispatcher, { caller: { ...caller, peer: 'in-memory' } });
  const router = routeTo('in-memory');
  const memory = new ObjectClient({ clock: systemClock, transport, router });
  const session = connectTo(server.address);
  const options = onBehalfOf === undefined ? {} : { onBehalfOf };
  const metadata = new Metadata();
  if (onBehalfOf !== undefined) {
    metadata.set('x-patchbay-on-behalf-of', onBehalfOf);
  }
  const foreign = dial<Objects>(server.address, 'patchbay/v1/objects.proto', 'patchbay.v1.ObjectServer');
  return {
    memory,
    session,
    foreign,
    server,
    options,
    metadata,
    targets: memory.proxy<Targets>('targets', options),
    [Symbol.asyncDispose]: async () => {
      foreign.close();
      await memory.close();
      await session.close();
      transport.close();
      await server.close();
    },
  };
}

async function outcome(call: PromiseLike<unknown>): Promise<string> {
  try {
    await call;
    return 'allowed';
  } catch (error) {
    if (isRpcError(error)) {
      return error.reason;
    }
    throw error;
  }
}

/** Uses an object that is handed out, where it is. */
function withObject(
  targets: RemoteObject<Targets>,
  use: (object: ObjectReference<SignaturesOf<Held>>) => PromiseLike<unknown>,
): Promise<string> {
  const using = async (): Promise<void> => {
    using object = await targets.hand_out();
    await use(object);
  };
  return outcome(using());
}

async function* one(): AsyncGenerator<number> {
  yield await Promise.resolve(1);
}

/** The route on which a refusal is silent. */
const oneWay = 'a one-way call';

/** Each way to a method, with the outcome of a call by it. */
const routes: Readonly<Record<string, (served: Served, access: Access) => Promise<string>>> = {
  'a call in memory': ({ memory, options }, access) =>
    outcome(memory.call('targets', `call_${access}`, [], options)),
  'a call over a session': ({ session, options }, access) =>
    outcome(session.call('targets', `call_${access}`, [], options)),
  'a command line': ({ memory, options }, access) =>
    outcome(memory.callWithArgv('targets', `call_${access}`, [], options)),
  'a unary Call': async ({ foreign, metadata }, access) => {
    const call = foreign.Call({ object: 'targets', method: `call_${access}` }, metadata);
    const { error } = await readAll(call);
    return error === undefined ? 'allowed' : fromGrpcStatus(error).reason;
  },
  'a batch': async ({ memory, options }, access) => {
    const [result] = await memory.batch(
      (batch) => [batch.proxy<Targets>('targets')[`call_${access}`]()],
      options,
    );
    return result.status === 'fulfilled' ? 'allowed' : result.reason.reason;
  },
  [oneWay]: async ({ memory, options }, access) => {
    await memory.call('targets', `call_${access}`, [], { ...options, oneWay: true });
    await memory.call('targets', 'hand_out', []); // runs behind it
    return ran.length > 0 ? 'allowed' : 'no answer';
  },
  'a call that yields': async ({ targets }, access) => {
    const items: unknown[] = [];
    const call = targets[`items_${access}`]();
    const read = async (): Promise<void> => {
      for await (const item of call) {
        items.push(item);
      }
    };
    const result = await outcome(read());
    expect(items).to.have.length(result === 'allowed' ? 1 : 0);
    return result;
  },
  'a call with a stream': ({ targets }, access) => outcome(targets[`stream_${access}`](one())),
  'a call with a function': async ({ targets }, access) => {
    let told = 0;
    const tell = (): null => {
      told++;
      return null;
    };
    const result = await outcome(targets[`tell_${access}`](tell));
    expect(told).to.equal(result === 'allowed' ? 1 : 0);
    return result;
  },
  'a property': async ({ targets }, access) => outcome(targets[`size_${access}`]),
  'a method of an object that was handed out': ({ targets }, access) =>
    withObject(targets, (object) => object[`use_${access}`]()),
  'a property of an object that was handed out': ({ targets }, access) =>
    withObject(targets, (object) => object[`size_${access}`]),
  'a method of an object that is yet to be handed out': ({ targets }, access) =>
    outcome(targets.hand_out()[`use_${access}`]()),
  'a method of an object that was passed to a function': async ({ targets }, access) => {
    let result = 'not called';
    const shown = targets.show(async (object) => {
      result = await outcome(object[`use_${access}`]());
      return null;
    });
    const showing = await outcome(shown);
    return showing === 'allowed' ? result : showing;
  },
};

describe('Access by each route', () => {
  const served = new Map<string, Served>();
  const of = (who: string): Served => served.get(who) as Served;

  before(async () => {
    const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog, delegations });
    dispatcher.host('targets', targets);
    dispatcher.host('vault', defineObject({ summary: 'A vault', methods: { open: plain('view') } }));
    for (const [who, role] of Object.entries(roles)) {
      served.set(who, await serve(dispatcher, role));
    }
  });
  after(async () => {
    for (const each of served.values()) {
      await each[Symbol.asyncDispose]();
    }
  });
  beforeEach(() => {
    ran.length = 0;
  });

  for (const [route, attempt] of Object.entries(routes)) {
    describe(`by ${route}`, () => {
      for (const [who, role] of Object.entries(roles)) {
        for (const access of accessLevels) {
          const isSilent = route === oneWay && !isAllowed(role, access);
          const expected = isSilent ? 'no answer' : verdict(role, access);
          it(`answers ${who} with ${expected} where it declares ${access}`, async () => {
            expect(await attempt(of(who), access)).to.equal(expected);
            expect(ran).to.deep.equal(expected === 'allowed' ? [access] : []);
          });
        }
      }
    });
  }

  for (const [who, role] of Object.entries(roles)) {
    const sees = (access: Access): boolean => isAllowed(role, 'view') || isAllowed(role, access); // a viewer sees what it may not call, too
    const visible = (prefix: string): string[] =>
      accessLevels.filter(sees).map((access) => `${prefix}_${access}`);
    const methods = [...['call', 'items', 'stream', 'tell'].flatMap(visible), 'hand_out', 'show'];

    for (const transport of ['memory', 'session'] as const) {
      it(`describes to ${who} over ${transport} what it may see`, async () => {
        const { [transport]: client, options } = of(who);
        if (role.isRefused === true) {
          expect(await outcome(client.describe('targets', options))).to.equal('DELEGATION_REFUSED');
          return;
        }
        const description = await client.describe('targets', options);
        expect(description.methods.map(({ name }) => name)).to.deep.equal(methods);
        expect(description.properties?.map(({ name }) => name)).to.deep.equal(visible('size'));
        expect(await outcome(client.describe('vault', options))).to.equal('OBJECT_NOT_FOUND');
      });
    }

    it(`lists to ${who} the objects of which it may see something`, async () => {
      if (role.isRefused === true) {
        const error = await describeAll(of(who)).catch((thrown: unknown) => thrown as ServiceError);
        expect(fromGrpcStatus(error as ServiceError).reason).to.equal('DELEGATION_REFUSED');
        return;
      }
      expect(await describeAll(of(who))).to.deep.equal([{ name: 'targets', methods }]);
    });

    it(`serves reflection to ${who}${isAllowed(role, 'member') ? '' : ' never'}`, async () => {
      const address = of(who).server.address;
      const reflection = dial<Reflection>(address, reflectionProto, 'grpc.reflection.v1.ServerReflection');
      const stream = reflection.ServerReflectionInfo(of(who).metadata);
      stream.end({ list_services: '' });
      const { answers, error } = await readAll(stream);
      reflection.close();
      const result = error === undefined ? 'allowed' : fromGrpcStatus(error).reason;
      expect(result).to.equal(verdict(role, 'member'));
      expect(answers).to.have.length(result === 'allowed' ? 1 : 0);
    });

    it(`is alive to ${who}`, async () => {
      await of(who).server.probe();
    });
  }

  it('goes by the roles on the method that handed out an object, not on its own methods', async () => {
    const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
    dispatcher.host('targets', targets);
    const caller = known('user:eve', { ...grant('operator'), methods: 'hand_*' });
    const transport = new MemoryTransport(dispatcher, { caller: { ...caller, peer: 'in-memory' } });
    const router = routeTo('in-memory');
    await using client = new ObjectClient({ clock: systemClock, transport, router });
    using object = await client.proxy<Targets>('targets').hand_out();
    expect(await outcome(object.use_operate())).to.equal('allowed');
    expect(await outcome(object.use_administer())).to.equal('CALLER_REFUSED');
    transport.close();
  });
});

/** Describes all objects by the unary Describe: their names and methods. */
function describeAll({ foreign, metadata }: Served): Promise<{ name: string; methods: string[] }[]> {
  interface Text {
    readonly fields: Readonly<
      Record<string, { stringValue: string; listValue: { values: { structValue: Text }[] } }>
    >;
  }
  const described = foreign as unknown as {
    Describe(
      request: object,
      metadata: Metadata,
      done: (error: ServiceError | null, answer: { objects: Text[] }) => void,
    ): void;
  };
  return new Promise((resolve, reject) => {
    described.Describe({}, metadata, (error, answer) => {
      if (error !== null) {
        reject(error);
        return;
      }
      resolve(
        answer.objects.map(({ fields }) => ({
          name: fields.name?.stringValue ?? '',
          methods: (fields.methods?.listValue.values ?? []).map(
            ({ structValue }) => structValue.fields.name?.stringValue ?? '',
          ),
        })),
      );
    });
  });
}
