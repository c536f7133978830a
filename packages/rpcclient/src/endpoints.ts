import { type Clock, coreError, type Endpoint, type NameRecord } from '@patchbay/objects';

/** How long an endpoint that could not be reached is left out, in milliseconds; each time in a row twice as long. */
const restMs = { first: 5_000, last: 60_000 };

interface Candidate {
  readonly endpoint: Endpoint;
  /** Until when, on the monotonic clock, it is left out; 0 when it is not. */
  restsUntilMs: number;
  restMs: number;
}

/** The servers of one name, asked in turn. Those that could not be reached are left out for a while. */
export class Endpoints {
  /** The name that they have: of a bare name, one of its versions. */
  readonly name: string;
  readonly shared: boolean;
  readonly #clock: Clock;
  #candidates: Candidate[];
  #turn: number;
  /** Whether none was left to ask: only somebody who knows better can say where to go then. */
  #exhausted = false;

  /** @throws RpcError `MESSAGE_MALFORMED` when the record has no endpoint */
  constructor(record: NameRecord, clock: Clock) {
    if (record.endpoints.length === 0) {
      throw coreError('MESSAGE_MALFORMED', `the name server gave no address for "${record.name}"`);
    }
    this.name = record.name;
    this.shared = record.shared ?? false;
    this.#clock = clock;
    this.#candidates = record.endpoints.map(candidate);
    // Clients that begin together, each with one call, shall not all begin with the same server.
    this.#turn = Math.floor(Math.random() * this.#candidates.length);
  }

  get empty(): boolean {
    return this.#candidates.length === 0;
  }

  /** Gives the address whose turn it is; undefined where none is left to ask. */
  next(): string | undefined {
    const count = this.#candidates.length;
    for (let tried = 0; tried < count && !this.#exhausted; tried += 1) {
      const each = this.#candidates[this.#turn % count];
      this.#turn = (this.#turn + 1) % count;
      if (each !== undefined && !this.#rests(each)) {
        return each.endpoint.address;
      }
    }
    return undefined;
  }

  /** Leaves the server at an address out for a while: it could not be reached. */
  rest(address: string): void {
    for (const each of this.#candidates) {
      // Many calls that were under way may tell of the same failure.
      if (each.endpoint.address === address && !this.#rests(each)) {
        const nowMs = this.#clock.monotonicMs();
        const inARow = each.restsUntilMs > 0 && nowMs < each.restsUntilMs + each.restMs;
        each.restMs = inARow ? Math.min(2 * each.restMs, restMs.last) : restMs.first;
        each.restsUntilMs = nowMs + each.restMs;
      }
    }
    this.#exhausted = this.#candidates.every((each) => this.#rests(each));
  }

  /** Lets all have their turn again: better to try those that could not be reached than none. */
  wake(): void {
    this.#exhausted = false;
    for (const each of this.#candidates) {
      each.restsUntilMs = 0;
    }
  }

  /** Adds a server, or takes its new address. */
  put(endpoint: Endpoint): void {
    this.remove(endpoint.serverId);
    this.#candidates.push(candidate(endpoint));
    this.#exhausted = false;
  }

  remove(serverId: string): void {
    this.#candidates = this.#candidates.filter(({ endpoint }) => endpoint.serverId !== serverId);
  }

  #rests({ restsUntilMs }: Candidate): boolean {
    return restsUntilMs > 0 && this.#clock.monotonicMs() < restsUntilMs;
  }
}

function candidate(endpoint: Endpoint): Candidate {
  return { endpoint, restsUntilMs: 0, restMs: restMs.first };
}
