import { expect } from 'chai';

import { requirePython, runPython } from './python.js';
import { setStage, type Stage } from './stage.js';

const standardServices = {
  'grpc.health.v1.Health': ['Check', 'Watch', 'List'],
  'grpc.reflection.v1.ServerReflection': ['ServerReflectionInfo'],
  'grpc.reflection.v1alpha.ServerReflection': ['ServerReflectionInfo'],
};
const objectServer = { 'patchbay.v1.ObjectServer': ['Describe', 'Call', 'Session'] };
const nameServerMethods = [
  'Register',
  'KeepAlive',
  'Unregister',
  'Lookup',
  'List',
  'Watch',
  'SetMetadata',
  'Info',
];

for (const version of ['v1', 'v1alpha']) {
  describe(`A Python client that knows only reflection ${version}`, function () {
    this.timeout(120_000);
    let stage: Stage | undefined;
    let nameServer: string;
    let objects: string;

    before(async function () {
      requirePython(this);
      stage = await setStage();
      ({ nameServer, objects } = stage);
    });

    after(() => stage?.[Symbol.asyncDispose]());

    async function ask(address: string, ...words: string[]): Promise<unknown> {
      return JSON.parse(await runPython('reflection_client.py', [address, version, ...words]));
    }

    function call(address: string, service: string, method: string, request: object): Promise<unknown> {
      return ask(address, 'call', service, method, JSON.stringify(request));
    }

    it('lists the services of an object server, and their methods', async () => {
      expect(await ask(objects, 'list')).to.deep.equal({ ...objectServer, ...standardServices });
    });

    it('lists the typed name server where it is served', async () => {
      expect(await ask(nameServer, 'list')).to.deep.equal({
        ...objectServer,
        'patchbay.v1.NameServer': nameServerMethods,
        ...standardServices,
      });
    });

    it('looks a name up', async () => {
      const [record] = (await call(nameServer, 'patchbay.v1.NameServer', 'Lookup', {
        name: 'workshop',
      })) as [{ endpoints: { address: string }[] }];
      expect(record.endpoints[0]?.address).to.equal(objects);
    });

    it('asks what an object can do', async () => {
      const [answer] = (await call(objects, 'patchbay.v1.ObjectServer', 'Describe', {
        object: 'workshop',
      })) as [{ objects: { name: string; methods: Record<string, unknown>[] }[] }];
      const [workshop] = answer.objects;
      expect(workshop?.name).to.equal('workshop');
      expect(workshop?.methods.find(({ name }) => name === 'label')).to.deep.include({
        summary: 'Give back what it was given',
        idempotent: true,
      });
    });

    it('calls a method, and reads its items and result', async () => {
      const request = { object: 'workshop', method: 'count', arguments: [2] };
      expect(await call(objects, 'patchbay.v1.ObjectServer', 'Call', request)).to.deep.equal([
        { item: 1 },
        { item: 2 },
        { result: 'counted to 2' },
      ]);
    });

    it('reads the reason of an error, by the messages that reflection gives', async () => {
      const request = { object: 'workshop', method: 'borrow', arguments: ['hammer'] };
      const { error } = (await call(objects, 'patchbay.v1.ObjectServer', 'Call', request)) as {
        error: { code: number; details: object[] };
      };
      expect(error.code).to.equal(9);
      expect(error.details[0]).to.deep.include({
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'TOOL_LENT',
        domain: 'patchbay',
      });
    });

    it('asks whether the server is well', async () => {
      const request = { service: 'patchbay.v1.ObjectServer' };
      expect(await call(objects, 'grpc.health.v1.Health', 'Check', request)).to.deep.equal([
        { status: 'SERVING' },
      ]);
    });
  });
}
