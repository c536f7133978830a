import { expect } from 'chai';
import { z } from 'zod';

import { CurrentIdentity, RenewalLoop, secureTransport } from '@patchbay/grpc/secure';
import { ObjectServer } from '@patchbay/grpc/server';
import { TestAuthority } from '@patchbay/grpc/testing';
import { type SignaturesOf, silentLog, systemClock } from '@patchbay/objects';
import { defineObject, Dispatcher, method } from '@patchbay/objects/define';
import { connectOver } from '@patchbay/session/client';

// `npm run soak identity` sets both.
const { PATCHBAY_SOAK: soak, PATCHBAY_DURATION_MS: duration = '9000' } = process.env;
const durationMs = Number(duration);
const lifetimeMs = soak === undefined ? 4_000 : 30_000;

const service = defineObject({
  summary: 'A service',
  methods: {
    who: method({
      summary: 'Return who calls',
      access: 'member',
      returns: z.string(),
      run: ({ caller }) => caller.principal,
    }),
    count: method({
      summary: 'Yield numbers until the certificate that the call began with has ended',
      access: 'member',
      returns: z.int(),
      yields: z.int(),
      timeoutMs: 'none',
      run: async function* ({ caller: { expiresAtMs = 0 } }) {
        let count = 0;
        while (Date.now() < expiresAtMs + 500) {
          yield count++;
          await systemClock.sleep(50);
        }
        return count;
      },
    }),
  },
});
type Service = SignaturesOf<typeof service>;

describe(`Calls with certificates that last ${String(lifetimeMs / 1000)} s`, function () {
  this.timeout(durationMs + 60_000);

  it('never fail, on lasting connections and on new ones, nor do calls that outlive their certificate', async () => {
    using authority = new TestAuthority();
    const renewals = { count: 0 };
    const start = (id: string): { identity: CurrentIdentity; loop: RenewalLoop } => {
      const issue = (privateKey?: string) =>
        authority.identity(id, {
          beginsAtMs: Date.now() - 1_000,
          endsAtMs: Date.now() + lifetimeMs,
          ...(privateKey !== undefined && { privateKey }),
        });
      const identity = new CurrentIdentity(issue());
      const loop = RenewalLoop.start({
        ...{ identity, clock: systemClock, log: silentLog, leastMs: 500 },
        renew: () => {
          renewals.count += 1;
          identity.replace(issue(identity.current.privateKey));
          return Promise.resolve({ remainingMs: lifetimeMs, lifetimeMs });
        },
      });
      return { identity, loop };
    };
    const [host, alice] = [start('host/h1'), start('user/alice')];
    await using ofHost = host.loop;
    await using ofAlice = alice.loop;
    const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
    dispatcher.host('service', service);
    await using server = await ObjectServer.start({
      ...{ listen: '127.0.0.1:0', dispatcher, identity: host.identity },
    });
    const transport = secureTransport({ identity: alice.identity });
    const connect = () => connectOver(transport, server.address, { principal: 'host:h1' });
    await using lasting = connect();
    const endsAtMs = Date.now() + durationMs;
    const calls = { lasting: 0, fresh: 0, long: 0 };
    const until = async (kind: keyof typeof calls, call: () => Promise<void>): Promise<void> => {
      while (Date.now() < endsAtMs) {
        await call();
        calls[kind] += 1;
      }
    };
    const checked = async (client: ReturnType<typeof connect>): Promise<void> => {
      expect(await client.proxy<Service>('service').who()).to.equal('user:alice');
    };
    await Promise.all([
      ...[1, 2, 3].map(() => until('lasting', () => checked(lasting))),
      until('fresh', async () => {
        await using fresh = connect();
        await checked(fresh);
      }),
      until('long', async () => {
        let count = 0;
        for await (const number of lasting.proxy<Service>('service').count()) {
          expect(number).to.equal(count++);
        }
      }),
    ]);
    expect(renewals.count).to.be.at.least(Math.floor(durationMs / lifetimeMs) * 2);
    expect([ofHost.isHealthy, ofAlice.isHealthy]).to.deep.equal([true, true]);
    expect(calls.lasting).to.be.above(100);
    expect(calls.fresh).to.be.above(10);
    expect(calls.long).to.be.within(1, durationMs / 500); // each lasts as long as a certificate
  });
});
