import { type Clock, type Log } from '@patchbay/core';

import { type Catalog } from '../catalog/catalog.js';
import { type NodeName } from '../names.js';
import { giveBackBootToken } from '../provision/boot-tokens.js';
import { type Exports } from '../provision/exports.js';
import { type BootRequest, type Grant, grantBoot } from './grant.js';
import { Networks } from '../networks.js';
import { advertisedPortal, type BootOptions } from './options.js';
import { RateLimit } from './rate-limit.js';
import { bootScript, refusalScript, tellMacScript } from './script.js';

/** How it went for somebody who asked for a boot script. */
export type BootOutcome = Grant['kind'] | 'outside' | 'limited';

/** An answer over HTTP. */
export interface BootAnswer {
  readonly status: number;
  readonly body: string;
}

/** What the answers need. */
export interface AnswerServices {
  readonly parts: {
    readonly catalog: Catalog;
    readonly exports: Exports;
    readonly bootTokens: boolean;
    readonly clock: Clock;
    readonly log: Log;
  };
  readonly options: BootOptions;
  readonly fetched: (outcome: BootOutcome) => void;
  /** Gives a node whose disk is ephemeral a fresh one, before it gets its script. */
  readonly freshen: (node: NodeName) => Promise<unknown>;
}

/** What one address may ask: a rack of nodes behind one address at once, and nobody all MAC addresses. */
const rate = { burst: 60, perSecond: 2 };

const statusOf: Readonly<Record<BootOutcome, number>> = {
  granted: 200,
  'which-card': 200,
  outside: 403,
  forbidden: 403,
  unknown: 404,
  limited: 429,
  'not-ready': 503,
};

/** Answers requests for boot scripts, and writes each into the log, without secrets. */
export class BootAnswers {
  readonly #services: AnswerServices;
  readonly #networks: Networks;
  readonly #limit: RateLimit;

  constructor(services: AnswerServices) {
    const { options, parts } = services;
    this.#services = services;
    this.#networks = new Networks(options.networks);
    this.#limit = new RateLimit(parts.clock, rate);
  }

  /** @param peer - the address of the one who asks, as the connection has it */
  async answer(peer: string, request: BootRequest): Promise<BootAnswer> {
    const { parts, options } = this.#services;
    const { log } = parts;
    const isInside = this.#networks.has(peer);
    // Who is outside gets nothing anyway; all of them together may not fill the log.
    const taken = this.#limit.take(isInside ? peer : 'outside');
    if (taken !== 'granted') {
      if (taken === 'first-refusal') {
        log.warn('too many requests for boot scripts', { peer });
      }
      return this.#refuse('limited', 'too many requests, try again later');
    }
    const asked = { peer, asked: request.name.slice(0, 64) };
    if (!isInside) {
      log.warn('a boot script was refused to an address outside of the networks that get them', asked);
      return this.#refuse('outside', 'this address is not in a network that boot scripts are given to');
    }
    const grant = await grantBoot(this.#services.parts, request);
    switch (grant.kind) {
      case 'granted': {
        const { node, target, disk } = grant.record;
        if (!(await this.#freshen(node, request))) {
          return this.#refuse('not-ready', 'the disk of this node could not be cloned anew');
        }
        const portal = advertisedPortal(
          parts.exports.portalOf(grant.record),
          options.advertise,
          target.daemon,
        );
        const body = bootScript(grant.record, portal);
        log.info('a boot script was fetched', { ...asked, node, mac: target.mac, diskId: disk.id });
        return this.#done('granted', body);
      }
      case 'which-card':
        log.info('a boot script was asked for by the name of a node', asked);
        return this.#done('which-card', tellMacScript(grant.node, request.token));
      case 'unknown':
      case 'forbidden':
      case 'not-ready': {
        const { kind, why, node } = grant;
        log.warn('a boot script was refused', { ...asked, node, outcome: kind, why });
        return this.#refuse(kind, why);
      }
    }
  }

  /** Says whether the node may boot; where not, its token is not used up. */
  async #freshen(node: NodeName, { token }: BootRequest): Promise<boolean> {
    const { parts, freshen } = this.#services;
    try {
      await freshen(node);
      return true;
    } catch (error) {
      parts.log.warn('an ephemeral disk could not be cloned anew; the node may ask again', { node, error });
      if (parts.bootTokens && token !== undefined) {
        await giveBackBootToken(parts.catalog, node, token);
      }
      return false;
    }
  }

  #refuse(outcome: BootOutcome, why: string): BootAnswer {
    return this.#done(outcome, refusalScript(why));
  }

  #done(outcome: BootOutcome, body: string): BootAnswer {
    this.#services.fetched(outcome);
    return { status: statusOf[outcome], body };
  }
}
