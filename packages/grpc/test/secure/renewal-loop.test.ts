import { expect } from 'chai';

import type { Enrolment } from '@patchbay/objects';
import { FakeClock, RecordingLog } from '@patchbay/objects/testing';

import { CurrentIdentity, RenewalLoop, type RenewalLoopOptions } from '../../src/secure/index.js';
import { TestAuthority } from '../../src/testing/index.js';

const minuteMs = 60_000;
const hourMs = 3_600_000;

describe('The renewal of a certificate', () => {
  const clock = new FakeClock();
  const authority = new TestAuthority();
  /** Valid for 24 h, from the start of the clock. */
  const issue = (): CurrentIdentity => {
    const beginsAtMs = clock.now();
    const endsAtMs = beginsAtMs + 24 * hourMs;
    return new CurrentIdentity(authority.identity('host/h1', { beginsAtMs, endsAtMs }));
  };
  let identity: CurrentIdentity;
  let renewals: number[];
  let beganMs: number;
  let health: boolean[];
  let log: RecordingLog;
  let failing: boolean;
  let loop: RenewalLoop;

  after(() => {
    authority[Symbol.dispose]();
  });
  afterEach(async () => {
    await loop[Symbol.asyncDispose]();
  });

  function start(options: Partial<RenewalLoopOptions> = {}): void {
    identity = issue();
    [renewals, health, failing, log] = [[], [], false, new RecordingLog()];
    beganMs = clock.monotonicMs();
    loop = RenewalLoop.start({
      ...{ identity, clock, log, jitter: () => 0 },
      renew: () => {
        renewals.push(clock.monotonicMs() - beganMs);
        if (failing) {
          return Promise.reject(new Error('nobody answers'));
        }
        identity.replace(issue().current);
        return Promise.resolve({ remainingMs: 24 * hourMs, lifetimeMs: 24 * hourMs } as Enrolment);
      },
      onHealth: (isHealthy) => health.push(isHealthy),
      ...options,
    });
  }

  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 10 * minuteMs) {
      await clock.advance(Math.min(left, 10 * minuteMs));
    }
  }

  it('comes when a third of its life is left, and again when that of the next is', async () => {
    start();
    await pass(16 * hourMs - minuteMs);
    expect(renewals).to.deep.equal([]);
    await pass(17 * hourMs);
    expect(renewals.map((ms) => Math.round(ms / hourMs))).to.deep.equal([16, 32]);
    expect(health).to.deep.equal([]);
  });

  it('comes earlier by chance, so that hosts that began together do not ask together', async () => {
    start({ jitter: () => 1 });
    await pass(14 * hourMs + minuteMs);
    expect(renewals.length).to.equal(1);
  });

  it('comes soon when another root issues, by chance within ten minutes, and once', async () => {
    using next = new TestAuthority(authority.cluster);
    start({
      jitter: () => 0.5,
      renew: () => {
        renewals.push(clock.monotonicMs() - beganMs);
        const { current } = identity;
        const [beginsAtMs, endsAtMs] = [clock.now(), clock.now() + 24 * hourMs];
        const { certificate, privateKey } = next.identity('host/h1', { beginsAtMs, endsAtMs });
        identity.replace({ ...current, certificate, privateKey });
        return Promise.resolve({ remainingMs: 24 * hourMs, lifetimeMs: 24 * hourMs });
      },
    });
    await clock.advance(minuteMs);
    identity.replace({ ...identity.current, roots: [authority.root, next.root] });
    await pass(hourMs);
    expect(renewals).to.deep.equal([]);
    identity.replace({ ...identity.current, roots: [next.root, authority.root] });
    await clock.advance(4 * minuteMs);
    expect(renewals).to.deep.equal([]);
    await pass(hourMs);
    expect(renewals.length).to.equal(1);
  });

  it('is tried once a minute at most, and health and the log say that it fails', async () => {
    start();
    await pass(15 * hourMs);
    failing = true;
    await pass(2 * hourMs);
    const gaps = renewals.slice(1).map((ms, index) => ms - (renewals[index] ?? 0));
    expect(renewals.length).to.be.above(50);
    expect(Math.min(...gaps)).to.be.at.least(minuteMs);
    expect(health).to.deep.equal([]);
    await pass(4 * hourMs);
    expect(health).to.deep.equal([false]);
    const warnings = log.lines.filter(({ level }) => level === 'warn');
    expect(warnings.length).to.be.within(1, 2);
    failing = false;
    await pass(2 * minuteMs);
    expect(health).to.deep.equal([false, true]);
  });
});
