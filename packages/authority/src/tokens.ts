import { createHash, randomBytes, timingSafeEqual, X509Certificate } from 'node:crypto';

import type { Clock } from '@patchbay/objects';
import { formatToken, parseToken, pinOf } from '@patchbay/objects/identity';

import { authorityError } from './errors.js';
import type { Issuer } from './issuer.js';
import { rootsOf } from './roots.js';
import type { Planned, RecordChange, Records } from './records.js';
import type { RecordOf } from './record-schemas.js';

/** How long a token is good for unless its maker says otherwise, and at the most, in milliseconds. */
export const tokenLifetimes = { defaultMs: 3_600_000, maxMs: 30 * 86_400_000 } as const;

/** How long after its end a token is still listed, in milliseconds. */
const keptMs = 86_400_000;

/** How many of those tokens one commit removes. */
const maxPruned = 50;

/** What a token is to be good for. */
export interface TokenRequest extends Pick<
  RecordOf<'token'>,
  | 'kind'
  | 'groups'
  | 'labels'
  | 'names'
  | 'alternativeNames'
  | 'needsApproval'
  | 'replaces'
  | 'uses'
  | 'madeBy'
> {
  readonly name: string | undefined;
  readonly ttlMs: number;
}

/** A token as it is shown once. */
export interface MadeToken {
  readonly id: string;
  /** The token itself. */
  readonly token: string;
  readonly expiresAt: string;
}

/** A token that is good, with its record. */
export interface GoodToken {
  readonly id: string;
  readonly record: RecordOf<'token'>;
}

/**
 * Makes and checks tokens. They age by a clock that does not jump while the process lives; a clock that is set back does
 * not lengthen their lives.
 */
export class Tokens {
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #issuer: Pick<Issuer, 'checkIssues'>;
  /** When they end, by the monotonic clock. */
  readonly #endsMs = new Map<string, number>();

  /** @param issuer issues what tokens are for */
  constructor(records: Records, clock: Clock, issuer: Pick<Issuer, 'checkIssues'>) {
    this.#issuer = issuer;
    this.#records = records;
    this.#clock = clock;
    for (const [id, { madeAtMs, untilMs }] of records.all('token')) {
      // Of one that was made later than now says the clock, nobody knows how old it is.
      const leftMs = Math.min(untilMs - clock.now(), untilMs - madeAtMs);
      this.#endsMs.set(id, clock.monotonicMs() + leftMs);
    }
  }

  /**
   * Plans a new token, beside the removal of those that have long ended.
   *
   * @throws RpcError `RECORDS_EXHAUSTED`, `CERTIFICATES_NOT_ISSUED`
   */
  plan({ name, ttlMs, ...request }: TokenRequest): Planned<MadeToken> {
    this.#issuer.checkIssues();
    this.#records.checkRoom('token');
    const id = randomBytes(6).toString('hex');
    const secret = randomBytes(32).toString('base64url');
    const madeAtMs = this.#clock.now();
    const untilMs = madeAtMs + ttlMs;
    const value: RecordOf<'token'> = {
      ...request,
      ...(name !== undefined && { name }),
      secretHash: hashOf(secret).toString('hex'),
      usedBy: [],
      madeAtMs,
      untilMs,
    };
    this.#endsMs.set(id, this.#clock.monotonicMs() + ttlMs);
    return {
      changes: [{ kind: 'token', name: id, value }, ...this.#pruning()],
      result: {
        id,
        token: formatToken({ id, secret, pin: this.pin }),
        expiresAt: new Date(untilMs).toISOString(),
      },
    };
  }

  /** Makes a token. @throws RpcError as `plan` */
  create(request: TokenRequest): Promise<MadeToken> {
    return this.#records.change(() => this.plan(request));
  }

  /** Identifies the root that issues. */
  get pin(): string {
    const [root = ''] = rootsOf(this.#records);
    return pinOf(new X509Certificate(root));
  }

  /** Reports how long a token is still good for, in milliseconds; 0 or less where it has ended. */
  leftMs(id: string, { untilMs }: RecordOf<'token'>): number {
    const endMs = this.#endsMs.get(id);
    return endMs === undefined ? untilMs - this.#clock.now() : endMs - this.#clock.monotonicMs();
  }

  /** Finds a token that is good for a kind and a key. @throws RpcError `TOKEN_INVALID`, `TOKEN_EXPIRED` */
  find(text: string, kind: 'host' | 'user'): GoodToken {
    const given = parseToken(text);
    const record = given === undefined ? undefined : this.#records.get('token', given.id);
    if (given === undefined || record === undefined || !isSecret(record, given.secret)) {
      const message = 'the token is not one of this cluster, or was revoked; let an admin make another';
      throw authorityError('TOKEN_INVALID', message);
    }
    const { id } = given;
    if (record.kind !== kind) {
      const command = record.kind === 'host' ? 'rpcserver join' : 'rpcclient login';
      const message = `the token ${id} is for a ${record.kind}, not a ${kind}: use it with ${command}`;
      throw authorityError('TOKEN_INVALID', message, { details: { token: id } });
    }
    if (this.leftMs(id, record) <= 0) {
      const message = `the token ${id} was good until ${new Date(record.untilMs).toISOString()}; let an admin make another`;
      throw authorityError('TOKEN_EXPIRED', message, { details: { token: id } });
    }
    return { id, record };
  }

  /** Reports whether `find` finds a token. */
  isGood(text: string, kind: 'host' | 'user'): boolean {
    try {
      this.find(text, kind);
      return true;
    } catch {
      return false;
    }
  }

  /** Returns a token as it is once a key has used it: the same key may again. @throws RpcError `TOKEN_USED` */
  use({ id, record }: GoodToken, fingerprint: string, name: string): RecordChange {
    const isAgain = record.usedBy.some((each) => each.fingerprint === fingerprint);
    if (!isAgain && record.usedBy.length >= record.uses) {
      const message = `the token ${id} was used by other keys as often as it may be; let an admin make another`;
      throw authorityError('TOKEN_USED', message, { details: { token: id } });
    }
    const usedBy = isAgain ? record.usedBy : [...record.usedBy, { fingerprint, name }];
    return { kind: 'token', name: id, value: { ...record, usedBy } };
  }

  #pruning(): RecordChange[] {
    return this.#records
      .all('token')
      .filter(([id, record]) => this.leftMs(id, record) < -keptMs)
      .slice(0, maxPruned)
      .map(([name]) => {
        this.#endsMs.delete(name);
        return { kind: 'token', name, value: undefined };
      });
  }
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function isSecret({ secretHash }: RecordOf<'token'>, secret: string): boolean {
  return timingSafeEqual(Buffer.from(secretHash, 'hex'), hashOf(secret));
}
