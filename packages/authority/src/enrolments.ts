import { type Caller, type Clock, type Enrolment, isRpcError, type Log } from '@patchbay/objects';
import { identityError } from '@patchbay/objects/define';
import { enrolmentMessage, renewalMessage } from '@patchbay/objects/identity';

import type { Attempts } from './attempts.js';
import type { Challenges } from './challenge.js';
import { authorityError } from './errors.js';
import type { EnrolmentRequest, RenewalRequest } from './enrolment-request.js';
import { gone, hostExists, nameFor, notItsKey, tooManyWait } from './enrolment-errors.js';
import { withCertified, withKey } from './host-keys.js';
import type { Issuer } from './issuer.js';
import { checkSignature, type EnrolledKey, readEnrolledKey, readSealingKey } from './proof.js';
import type { Planned, RecordChange, Records } from './records.js';
import type { RecordOf } from './record-schemas.js';
import type { Revocations } from './revocations.js';
import type { GoodToken, Tokens } from './tokens.js';

/** How many hosts may wait for approval. */
export const maxPending = 100;

/** How long a user may renew after a login, in milliseconds. */
export const loginLifetimeMs = 30 * 86_400_000;

/** How many keys a user may have. */
export const maxKeys = 16;

/** What enrolments need. */
export interface EnrolmentParts {
  readonly records: Records;
  readonly tokens: Tokens;
  readonly challenges: Challenges;
  readonly attempts: Attempts;
  readonly revocations: Revocations;
  readonly issuer: Issuer;
  readonly clock: Clock;
  readonly log: Log;
}

interface Enrolling {
  readonly caller: Caller;
  readonly request: EnrolmentRequest;
  readonly key: EnrolledKey;
}

/** Enrols hosts and users, and renews their certificates. */
export class Enrolments {
  readonly #parts: EnrolmentParts;

  constructor(parts: EnrolmentParts) {
    this.#parts = parts;
  }

  /** Enrols a host or a user. @throws RpcError see `IdentityMethods.enrol` */
  async enrol(caller: Caller, request: EnrolmentRequest): Promise<Enrolment> {
    const { log } = this.#parts;
    const { peer } = caller;
    try {
      const enrolment = await this.#enrol(caller, request);
      const { kind, name, state, fingerprint } = enrolment;
      log.info('enrolled', { principal: `${kind}:${name}`, state, fingerprint, peer });
      return enrolment;
    } catch (error) {
      if (isRpcError(error) && error.reason !== 'ENROLMENTS_EXHAUSTED') {
        log.warn('enrolment refused', { reason: error.reason, why: error.message, peer });
      }
      throw error;
    }
  }

  #enrol(caller: Caller, request: EnrolmentRequest): Promise<Enrolment> {
    return this.#attempt(caller, request, async () => {
      const { records, tokens, challenges, issuer } = this.#parts;
      const { kind, challenge, name, token, signature } = request;
      issuer.checkIssues();
      const mayDoWithout = caller.principal === 'local' && kind === 'host';
      if (token === undefined && !mayDoWithout) {
        const message = `to enrol a ${kind} takes a token: let an admin make one with rpcclient identity.create_token`;
        throw authorityError('TOKEN_INVALID', message);
      }
      if (token !== undefined) {
        tokens.find(token, kind); // before anything is parsed
      }
      const key = readEnrolledKey(request.publicKey);
      const { fingerprint } = key;
      const sealingFingerprint =
        request.sealingKey === undefined ? undefined : readSealingKey(request.sealingKey);
      challenges.check(challenge, caller.peer);
      checkSignature(
        key,
        enrolmentMessage({ challenge, kind, name, token, fingerprint, sealingFingerprint }),
        signature,
      );
      return records.change(() => {
        const good = token === undefined ? undefined : tokens.find(token, kind);
        const enrolling = { caller, request, key };
        return kind === 'host' ? this.#planHost(enrolling, good) : this.#planUser(enrolling, good);
      });
    });
  }

  /** Renews the certificate of a host or a user. @throws RpcError see `IdentityMethods.renew` */
  async renew(caller: Caller, request: RenewalRequest): Promise<Enrolment> {
    const { kind, name, challenge, signature } = request;
    // Not an attempt that counts: there is nothing to guess, and others' failures must not keep hosts from renewing.
    const key = readEnrolledKey(request.publicKey);
    this.#parts.challenges.check(challenge, caller.peer);
    checkSignature(key, renewalMessage({ challenge, kind, name, fingerprint: key.fingerprint }), signature);
    return this.#parts.records.change(() =>
      kind === 'host' ? this.#planHostRenewal(name, key) : this.#planUserRenewal(name, key),
    );
  }

  #attempt<T>(
    { principal, peer }: Caller,
    { token, kind }: EnrolmentRequest,
    run: () => Promise<T>,
  ): Promise<T> {
    const { attempts, tokens } = this.#parts;
    const isStranger = token === undefined || !tokens.isGood(token, kind);
    return principal === 'local' ? run() : attempts.attempt(peer, isStranger, run);
  }

  async #planHost(enrolling: Enrolling, good: GoodToken | undefined): Promise<Planned<Enrolment>> {
    const { records, tokens, revocations } = this.#parts;
    const { fingerprint } = enrolling.key;
    const name = nameFor(enrolling.request.name, good);
    const used = good === undefined ? [] : [tokens.use(good, fingerprint, name)];
    const existing = records.get('host', name);
    const host = this.#hostFor(name, existing, enrolling, good);
    const replaced = existing?.fingerprints.filter((each) => each !== fingerprint) ?? [];
    const revoked = revocations.plan({
      revoke: replaced.map((each) => `host:${name} ${each}`),
      lift: [`host:${name}`, `host:${name} ${fingerprint}`],
    });
    return this.#issueHost(name, host, enrolling.key, [...used, ...revoked]);
  }

  /** Returns the record that a host gets which enrols. @throws RpcError `HOST_EXISTS`, `HOST_REVOKED`, ... */
  #hostFor(
    name: string,
    existing: RecordOf<'host'> | undefined,
    { caller, request, key: { fingerprint } }: Enrolling,
    good: GoodToken | undefined,
  ): RecordOf<'host'> {
    const { records, attempts, clock } = this.#parts;
    const { sealingKey } = request;
    const isLocal = caller.principal === 'local';
    const names = isLocal && request.names !== undefined ? [...request.names] : undefined;
    const sealed = sealingKey === undefined ? {} : { sealingKey };
    if (existing?.fingerprints.includes(fingerprint) === true) {
      if (existing.state === 'revoked' || existing.state === 'rejected') {
        throw gone(`host:${name}`, existing.state);
      }
      return { ...existing, ...sealed, ...(names !== undefined && { names }) };
    }
    if (isLocal && good === undefined && existing?.state === 'active' && existing.token === undefined) {
      return { ...withKey(name, existing, fingerprint, clock.now()), ...sealed };
    }
    const isReplacing = existing !== undefined && good?.record.replaces === true;
    if (existing !== undefined && existing.state !== 'rejected' && !isReplacing) {
      attempts.show({ name, fingerprint, peer: caller.peer, atMs: clock.now() });
      if (existing.state === 'revoked') {
        throw gone(`host:${name}`, existing.state);
      }
      throw hostExists(name, fingerprint);
    }
    const isPending = good?.record.needsApproval === true;
    if (
      isPending &&
      records.all('host').filter(([, { state }]) => state === 'pending').length >= maxPending
    ) {
      throw tooManyWait(maxPending);
    }
    const {
      groups = [],
      labels = {},
      names: given = [],
      alternativeNames = [],
    } = (isReplacing ? existing : good?.record) ?? {};
    return {
      state: isPending ? 'pending' : 'active',
      fingerprints: [fingerprint],
      ...sealed,
      groups,
      labels,
      names: names ?? given,
      alternativeNames,
      ...(good !== undefined && { token: good.id }),
      enrolledAtMs: clock.now(),
    };
  }

  async #issueHost(
    name: string,
    host: RecordOf<'host'>,
    key: EnrolledKey,
    others: readonly RecordChange[],
  ): Promise<Planned<Enrolment>> {
    const { issuer } = this.#parts;
    const { fingerprint } = key;
    const about = { kind: 'host', name, fingerprint, groups: host.groups, ...issuer.cluster } as const;
    if (host.state === 'pending') {
      const changes: RecordChange[] = [...others, { kind: 'host', name, value: host }];
      return { changes, result: { state: 'pending', ...about } };
    }
    const { alternativeNames } = host;
    const { issued, validity } = await issuer.issue({ kind: 'host', name }, key.key, { alternativeNames });
    return {
      changes: [...others, { kind: 'host', name, value: withCertified(host, fingerprint, issued) }],
      result: { state: 'active', ...about, ...validity },
    };
  }

  async #planUser({ request, key }: Enrolling, good: GoodToken | undefined): Promise<Planned<Enrolment>> {
    const { records, tokens, revocations, clock } = this.#parts;
    const { fingerprint } = key;
    const name = nameFor(request.name, good);
    const user = records.get('user', name);
    if (user?.state !== 'active') {
      throw gone(`user:${name}`, user === undefined ? 'removed' : 'disabled');
    }
    const used = good === undefined ? [] : [tokens.use(good, fingerprint, name)];
    const now = clock.now();
    const others = user.keys.filter(
      (each) => each.fingerprint !== fingerprint && now - each.loggedInAtMs < loginLifetimeMs,
    );
    if (others.length >= maxKeys) {
      const message = `user:${name} has ${String(maxKeys)} keys; remove one with rpcclient identity.remove_key`;
      throw authorityError('RECORDS_EXHAUSTED', message, { details: { kind: 'key', limit: maxKeys } });
    }
    const label = good?.id ?? fingerprint;
    const lifted = revocations.plan({ lift: [`user:${name} ${fingerprint}`] });
    const login = { label, loggedInAtMs: now };
    return this.#issueUser(name, { ...user, keys: others }, key, login, [...used, ...lifted]);
  }

  async #issueUser(
    name: string,
    user: RecordOf<'user'>,
    key: EnrolledKey,
    login: { readonly label: string; readonly loggedInAtMs: number },
    others: readonly RecordChange[],
  ): Promise<Planned<Enrolment>> {
    const { issuer } = this.#parts;
    const { fingerprint } = key;
    const { label, loggedInAtMs } = login;
    const untilMs = loggedInAtMs + loginLifetimeMs;
    const { issued, validity } = await issuer.issue({ kind: 'user', name }, key.key, { untilMs });
    const keys = [...user.keys, { name: label, fingerprint, loggedInAtMs, ...issued }];
    return {
      changes: [...others, { kind: 'user', name, value: { ...user, keys } }],
      result: {
        state: 'active',
        kind: 'user',
        name,
        fingerprint,
        groups: user.groups,
        ...issuer.cluster,
        ...validity,
      },
    };
  }

  #planHostRenewal(name: string, key: EnrolledKey): Promise<Planned<Enrolment>> {
    const host = this.#parts.records.get('host', name);
    if (host?.fingerprints.includes(key.fingerprint) !== true) {
      throw notItsKey(`host:${name}`, key.fingerprint);
    }
    if (host.state === 'pending') {
      const command = `rpcclient identity.approve ${name} ${key.fingerprint}`;
      throw authorityError('HOST_PENDING', `host:${name} waits for approval: let an admin run ${command}`, {
        details: { name, fingerprint: key.fingerprint },
      });
    }
    if (host.state !== 'active') {
      throw gone(`host:${name}`, host.state);
    }
    return this.#issueHost(name, host, key, []);
  }

  #planUserRenewal(name: string, key: EnrolledKey): Promise<Planned<Enrolment>> {
    const { records, clock } = this.#parts;
    const user = records.get('user', name);
    const known = user?.keys.find(({ fingerprint }) => fingerprint === key.fingerprint);
    if (user === undefined || known === undefined) {
      throw notItsKey(`user:${name}`, key.fingerprint);
    }
    if (user.state !== 'active') {
      throw gone(`user:${name}`, 'disabled');
    }
    const now = clock.now();
    const { loggedInAtMs, expiresAtMs = 0 } = known;
    if (now >= expiresAtMs || now >= loggedInAtMs + loginLifetimeMs) {
      const message = `the login of user:${name} ended at ${new Date(expiresAtMs).toISOString()}: log in again with a token`;
      throw identityError('LOGIN_REQUIRED', message, { details: { name } });
    }
    const keys = user.keys.filter((each) => each !== known);
    return this.#issueUser(name, { ...user, keys }, key, { label: known.name, loggedInAtMs }, []);
  }
}
