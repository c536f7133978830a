import { type Clock, coreError, type Log, type LogFields, type RpcError } from '@patchbay/objects';

import { isUnknownYet } from '../protocol/failure.js';
import { callerError } from './caller-error.js';
import type { ClientCall } from './client-call.js';
import type { Destination } from './destination.js';
import type { RetryBudget } from './retry-budget.js';
import type { Router } from './transport.js';

export interface RetriesOptions {
  readonly clock: Clock;
  readonly router: Router;
  readonly budget: RetryBudget;
  /** Reports whether the client was closed: then nothing is retried. */
  readonly isClosed: () => boolean;
  /** Logs each call that is sent again. */
  readonly log: Log | undefined;
  /** Sends a call of an object without a name, over the session that the object belongs to. */
  readonly launch: (call: ClientCall) => void;
  /** Sends a call to a server. @throws RpcError when the client is closed */
  readonly send: (call: ClientCall, to: Destination) => void;
}

/**
 * How long a call waits before each retry, in milliseconds, give or take half: longer if its server died under it, so
 * that it can be restarted, and if the server does not know its caller yet, so that it can hear of it.
 */
const pausesMs = {
  unsent: [50, 250],
  sent: [50, 250, 500, 1_000, 2_000],
  unknown: [50, 250, 500, 1_000, 2_000, 3_000],
};

/** How often a call may lose its connection while it runs and be sent again: what cuts or kills it twice will again. */
const maxLosses = 1;

/**
 * Retries calls whose server could not be reached or was lost, where that is safe, and fails the others. A call that
 * may have run runs again only if its method is idempotent, and while the budget lasts.
 */
export class Retries {
  readonly #options: RetriesOptions;
  readonly #cameAgain = new WeakSet<ClientCall>();

  constructor(options: RetriesOptions) {
    this.#options = options;
  }

  /** Takes a call that failed with its connection to the server there. */
  take(call: ClientCall, error: RpcError, from: Destination): void {
    const { router, budget, send } = this.#options;
    const { object } = call.request;
    if (error.reason === 'CERTIFICATE_EXPIRED') {
      this.#comeAgain(call, error, from);
      return;
    }
    if (isUnknownYet(error)) {
      call.refusal = error;
      this.#pause(call, error, from);
      return;
    }
    router.forget(object, from);
    if (call.ended) {
      return;
    }
    call.mayHaveRun ||= call.progress !== 'unsent';
    if (this.#options.isClosed() || call.progress === 'answered' || (call.mayHaveRun && !call.idempotent)) {
      call.fail(errorFor(call, error));
      return;
    }
    if (call.progress === 'sent' && error.reason !== 'SERVER_STOPPED' && ++call.losses > maxLosses) {
      const proxy = 'a proxy in between may cut calls that are silent for longer than it allows';
      call.fail(
        errorFor(call, error, `its connection was lost ${String(call.losses)} times while it ran: ${proxy}`),
      );
      return;
    }
    if (call.progress === 'sent' && !budget.take()) {
      call.fail(errorFor(call, error, "the client's retry budget is spent"));
      return;
    }
    const other = call.progress === 'unsent' ? router.elsewhere?.(object) : undefined;
    if (other !== undefined) {
      send(call, other);
      return;
    }
    this.#pause(call, error, from);
  }

  /** Sends a call once more that never began, as the certificate of its session had ended: the next shows another. */
  #comeAgain(call: ClientCall, error: RpcError, from: Destination): void {
    if (call.ended) {
      return;
    }
    if (this.#options.isClosed() || this.#cameAgain.has(call)) {
      call.fail(error);
      return;
    }
    this.#cameAgain.add(call);
    if (call.request.target === undefined) {
      this.#options.send(call, from);
    } else {
      this.#options.launch(call);
    }
  }

  /** Sends a call once more after a while. */
  #pause(call: ClientCall, error: RpcError, from: Destination): void {
    this.#retry(call, error, from).catch((unexpected: unknown) => {
      call.fail(callerError(unexpected));
    });
  }

  async #retry(call: ClientCall, error: RpcError, from: Destination): Promise<void> {
    const { clock, launch, send, log } = this.#options;
    const pauses = pausesMs[isUnknownYet(error) ? 'unknown' : call.mayHaveRun ? 'sent' : 'unsent'];
    while (!call.ended) {
      const pauseMs = pauses[call.pauses++];
      const waitMs = (pauseMs ?? Infinity) * (0.5 + Math.random());
      if (waitMs >= call.expiresAtMs - clock.monotonicMs() || pauseMs === undefined) {
        await this.#giveUp(call, error, from); // rather than its deadline later
        return;
      }
      log?.info('retrying a call', { ...fieldsOf(call), error });
      await clock.sleep(waitMs);
      if (call.request.target !== undefined) {
        call.progress = 'unsent';
        launch(call);
        return;
      }
      const next = await this.#route(call);
      if (this.#options.isClosed() || (error.details.timedOut === true && next?.key === from.key)) {
        await this.#giveUp(call, error, from); // it timed out once already
        return;
      }
      if (next !== undefined) {
        call.progress = 'unsent';
        send(call, next);
        return;
      }
    }
  }

  /** Fails a call; why a server could not be reached the router knows best. */
  async #giveUp(call: ClientCall, error: RpcError, from: Destination): Promise<void> {
    const { router } = this.#options;
    const { object, target } = call.request;
    const isUnreached = error.reason === 'CONNECTION_LOST' && !call.mayHaveRun && target === undefined;
    const explained =
      isUnreached && !this.#options.isClosed() ? router.explain?.(object, from, error) : undefined;
    call.fail((await explained) ?? errorFor(call, error));
  }

  /** Finds a server; undefined, for a call that may have run, while the name is not registered: it may come back. */
  async #route(call: ClientCall): Promise<Destination | undefined> {
    try {
      return await this.#options.router.route(call.request.object);
    } catch (error) {
      if (call.mayHaveRun) {
        return undefined;
      }
      throw error;
    }
  }
}

/** Returns the error that a call ends with: one that says whether it may have run. */
function errorFor(call: ClientCall, error: RpcError, why?: string): RpcError {
  if (!call.mayHaveRun || error.reason === 'SERVER_STOPPED') {
    return error;
  }
  const { object, method } = call.request;
  const advice = call.idempotent
    ? `${why ?? 'retrying it did not succeed either'}; it is idempotent, and may be repeated`
    : 'is not retried automatically: check before you repeat it';
  const message = `${error.message}; ${object}.${method} may or may not have run, and ${advice}`;
  return coreError('CONNECTION_LOST', message, { callId: call.callId, cause: error });
}

/** Returns the log fields that identify a call. */
function fieldsOf({ callId, correlationId, endpoint, request: { object, method } }: ClientCall): LogFields {
  return { callId, ...(correlationId === callId ? {} : { correlationId }), object, method, endpoint };
}
