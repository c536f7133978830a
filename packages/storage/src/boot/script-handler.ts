import type { Clock, Log } from '@patchbay/objects';

import type { Catalog } from '../catalog/catalog.js';
import type { NodeName } from '../names.js';
import { giveBackBootToken } from '../provision/boot-tokens.js';
import type { Exports } from '../provision/exports.js';
import { authorizeBoot, type BootDecision, type BootRequest } from './authorize.js';
import { Networks } from '../networks.js';
import { advertisedPortal, type BootOptions } from './options.js';
import { RateLimit } from './rate-limit.js';
import { bootScript, refusalScript, retryWithMacScript } from './script.js';

/** The outcome of a request for a boot script. */
export type BootOutcome = BootDecision['kind'] | 'outside' | 'limited';

/** An HTTP response. */
export interface BootResponse {
  readonly status: number;
  readonly body: string;
}

/** What the handler needs. */
export interface ScriptHandlerServices {
  readonly parts: {
    readonly catalog: Catalog;
    readonly exports: Exports;
    readonly bootTokens: boolean;
    readonly clock: Clock;
    readonly log: Log;
  };
  readonly options: BootOptions;
  readonly fetched: (outcome: BootOutcome) => void;
  /** Replaces the disk of a node, if it is ephemeral, with a fresh clone, before the node gets its script. */
  readonly freshen: (node: NodeName) => Promise<unknown>;
}

/** The limit of one address: enough for a rack of nodes behind it at once, too little to scan all MAC addresses. */
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

/** Handles requests for boot scripts, and logs each of them, without secrets. */
export class BootScriptHandler {
  readonly #services: ScriptHandlerServices;
  readonly #networks: Networks;
  readonly #limit: RateLimit;

  constructor(services: ScriptHandlerServices) {
    const { options, parts } = services;
    this.#services = services;
    this.#networks = new Networks(options.networks);
    this.#limit = new RateLimit(parts.clock, rate);
  }

  /** @param peer - the remote address of the connection */
  async handle(peer: string, request: BootRequest): Promise<BootResponse> {
    const { parts, options } = this.#services;
    const { log } = parts;
    const isInside = this.#networks.has(peer);
    // Outside addresses share one limit, as they get nothing anyway and must not flood the log.
    const permit = this.#limit.take(isInside ? peer : 'outside');
    if (permit !== 'granted') {
      if (permit === 'first-refusal') {
        log.warn('too many requests for boot scripts', { peer });
      }
      return this.#refuse('limited', 'too many requests, try again later');
    }
    const asked = { peer, asked: request.name.slice(0, 64) };
    if (!isInside) {
      log.warn('refused a boot script to an address outside the allowed networks', asked);
      return this.#refuse('outside', 'this address is not in a network that may fetch boot scripts');
    }
    const decision = await authorizeBoot(this.#services.parts, request);
    switch (decision.kind) {
      case 'granted': {
        const { node, target, disk } = decision.record;
        if (!(await this.#freshen(node, request))) {
          return this.#refuse('not-ready', 'the ephemeral disk of this node could not be replaced');
        }
        const own = parts.exports.portalOf(decision.record);
        const portal = advertisedPortal(own, options.advertise, target.daemon);
        const body = bootScript(decision.record, portal);
        log.info('a boot script was fetched', { ...asked, node, mac: target.mac, diskId: disk.id });
        return this.#done('granted', body);
      }
      case 'which-card':
        log.info('a boot script was requested by the name of a node', asked);
        return this.#done('which-card', retryWithMacScript(decision.node, request.token));
      case 'unknown':
      case 'forbidden':
      case 'not-ready': {
        const { kind, why, node } = decision;
        log.warn('refused a boot script', { ...asked, node, outcome: kind, why });
        return this.#refuse(kind, why);
      }
    }
  }

  /** Replaces an ephemeral disk, and reports whether the node can boot; if not, it gets its token back. */
  async #freshen(node: NodeName, { token }: BootRequest): Promise<boolean> {
    const { parts, freshen } = this.#services;
    try {
      await freshen(node);
      return true;
    } catch (error) {
      parts.log.warn('an ephemeral disk could not be replaced; the node may retry', { node, error });
      if (parts.bootTokens && token !== undefined) {
        await giveBackBootToken(parts.catalog, node, token);
      }
      return false;
    }
  }

  #refuse(outcome: BootOutcome, why: string): BootResponse {
    return this.#done(outcome, refusalScript(why));
  }

  #done(outcome: BootOutcome, body: string): BootResponse {
    this.#services.fetched(outcome);
    return { status: statusOf[outcome], body };
  }
}
