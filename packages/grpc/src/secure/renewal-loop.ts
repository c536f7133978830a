import { X509Certificate } from 'node:crypto';

import { type Clock, type Enrolment, type Log, PeriodicTask } from '@patchbay/objects';

import { timeOf } from './certificate.js';
import type { CurrentIdentity } from './identity.js';

/** What keeps a certificate renewed. */
export interface RenewalLoopOptions {
  readonly identity: CurrentIdentity;
  /** Renews the certificate, and puts it in force. */
  readonly renew: () => Promise<Pick<Enrolment, 'remainingMs' | 'lifetimeMs'>>;
  /** Called when the certificate is about to end unrenewed, and when it no longer is. */
  readonly onHealth?: (isHealthy: boolean) => void;
  readonly clock: Clock;
  readonly log: Log;
  /** How often to try at most, in milliseconds. Default: 60 s. */
  readonly leastMs?: number;
  /** Within which time to renew once another root issues, in milliseconds, not all at once. Default: 10 min. */
  readonly spreadMs?: number;
  /** Returns a number from 0 to 1. Default: a random one. */
  readonly jitter?: () => number;
}

const minuteMs = 60_000;
const hourMs = 3_600_000;
const defaultSpreadMs = 10 * minuteMs;

interface Life {
  readonly certificate: string;
  readonly lifetimeMs: number;
  /** On the monotonic clock, and on the wall clock: the former does not jump, the latter counts while suspended. */
  readonly endsAt: { readonly monotonicMs: number; readonly wallMs: number };
  /** When this much is left it is renewed, in milliseconds: a third, and not for all at once. */
  readonly renewLeftMs: number;
}

/** That another root issues than the one that issued the certificate. */
interface Succession {
  readonly certificate: string;
  readonly root: string;
  /** When to renew because of that, on the monotonic clock; Infinity where it is the same root. */
  readonly renewAtMs: number;
}

/** Renews a certificate when a third of its life is left, and looks each minute whether it is. */
export class RenewalLoop implements AsyncDisposable {
  readonly #options: RenewalLoopOptions;
  readonly #task: PeriodicTask;
  readonly #unfollow: () => void;
  #life: Life | undefined;
  #succession: Succession | undefined;
  #triedAtMs = -Infinity;
  #warnedAtMs = -Infinity;
  #isDue = false;
  #isHealthy = true;

  private constructor(options: RenewalLoopOptions) {
    this.#options = options;
    this.#task = PeriodicTask.start({
      clock: options.clock,
      background: true,
      run: () => this.#look(),
    });
    this.#unfollow = options.identity.onChange(() => {
      void this.#task.wake(); // maybe of the roots
    });
  }

  /** Starts to look. */
  static start(options: RenewalLoopOptions): RenewalLoop {
    return new RenewalLoop(options);
  }

  /** Whether the certificate is not about to end. */
  get isHealthy(): boolean {
    return this.#isHealthy;
  }

  /** Renews at once, or right after a renewal that is under way. What fails is tried again. */
  async renewNow(): Promise<void> {
    this.#isDue = true;
    await this.#task.wake();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#unfollow();
    return this.#task.close();
  }

  /** Renews if it is time, and returns when to look again, in milliseconds. */
  async #look(): Promise<number> {
    const { clock, leastMs = minuteMs } = this.#options;
    const ofLifeMs = this.#leftMs() - this.#current().renewLeftMs;
    const dueInMs = Math.min(ofLifeMs, this.#successionAtMs() - clock.monotonicMs());
    const mayInMs = this.#triedAtMs + leastMs - clock.monotonicMs();
    if (this.#isDue || (dueInMs <= 0 && mayInMs <= 0)) {
      this.#isDue = false;
      this.#triedAtMs = clock.monotonicMs();
      await this.#renew();
    }
    this.#report();
    return Math.min(Math.max(dueInMs, mayInMs, 1_000), minuteMs);
  }

  async #renew(): Promise<void> {
    const { renew, identity, log } = this.#options;
    try {
      const { remainingMs, lifetimeMs } = await renew();
      this.#life = this.#lifeOf(identity.current.certificate, remainingMs, lifetimeMs);
      log.info('renewed the certificate', { endsAt: new Date(this.#life.endsAt.wallMs).toISOString() });
    } catch (error) {
      log.debug('cannot renew the certificate; trying again', { error });
      this.#warn(error);
    }
  }

  /** Returns when to renew because another root issues, on the monotonic clock. */
  #successionAtMs(): number {
    const { clock, identity, spreadMs = defaultSpreadMs, jitter = Math.random } = this.#options;
    const { certificate, roots } = identity.current;
    const [root = ''] = roots;
    if (this.#succession?.certificate !== certificate || this.#succession.root !== root) {
      const isSame = root === '' || isIssuedBy(certificate, root);
      const renewAtMs = isSame ? Infinity : clock.monotonicMs() + jitter() * spreadMs;
      this.#succession = { certificate, root, renewAtMs };
    }
    return this.#succession.renewAtMs;
  }

  #leftMs(): number {
    const { clock } = this.#options;
    const { monotonicMs, wallMs } = this.#current().endsAt;
    return Math.min(monotonicMs - clock.monotonicMs(), wallMs - clock.now());
  }

  #current(): Life {
    const { certificate } = this.#options.identity.current;
    if (this.#life?.certificate !== certificate) {
      this.#life = this.#lifeOf(certificate);
    }
    return this.#life;
  }

  /** @param remainingMs as the authority says; default: by the clock of this machine */
  #lifeOf(certificate: string, remainingMs?: number, lifetime?: number): Life {
    const { clock, jitter = Math.random } = this.#options;
    const { validFrom, validTo } = new X509Certificate(certificate);
    const leftMs = remainingMs ?? timeOf(validTo) - clock.now();
    const lifetimeMs = lifetime ?? timeOf(validTo) - timeOf(validFrom);
    return {
      certificate,
      lifetimeMs,
      endsAt: { monotonicMs: clock.monotonicMs() + leftMs, wallMs: clock.now() + leftMs },
      renewLeftMs: lifetimeMs * (1 / 3 + jitter() / 12),
    };
  }

  #report(): void {
    const isHealthy = this.#leftMs() > this.#current().lifetimeMs / 6;
    if (isHealthy !== this.#isHealthy) {
      this.#isHealthy = isHealthy;
      this.#options.onHealth?.(isHealthy);
    }
  }

  /** Warns once an hour that a certificate is about to end. */
  #warn(error: unknown): void {
    const { clock, log } = this.#options;
    const leftMs = this.#leftMs();
    if (leftMs <= this.#current().lifetimeMs / 6 && clock.monotonicMs() - this.#warnedAtMs >= hourMs) {
      this.#warnedAtMs = clock.monotonicMs();
      const fields = { leftSeconds: Math.round(leftMs / 1000), error };
      log.warn('the certificate is about to end, and cannot be renewed', fields);
    }
  }
}

/** Reports whether a root issued a certificate. Both are in PEM. */
function isIssuedBy(certificate: string, root: string): boolean {
  return new X509Certificate(certificate).verify(new X509Certificate(root).publicKey);
}

/** Reports whether a third of the life of a certificate is left, or less. @param nowMs by the wall clock */
export function needsRenewal(certificate: string, nowMs: number): boolean {
  const { validFrom, validTo } = new X509Certificate(certificate);
  return timeOf(validTo) - nowMs < (timeOf(validTo) - timeOf(validFrom)) / 3;
}
