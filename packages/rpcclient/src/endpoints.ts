import { type Clock, coreError, type Endpoint, type NameRecord } from '@patchbay/objects';
import { type Destination, destination } from '@patchbay/session/client';

/** How long an unreachable endpoint is skipped, in milliseconds; twice as long after each further failure in a row. */
const cooldownRangeMs = { first: 5_000, last: 60_000 };

interface Candidate {
  readonly endpoint: Endpoint;
  readonly at: Destination;
  /** Its socket file, until that could not be dialled. */
  socket: Destination | undefined;
  /** Until when it is skipped, on the monotonic clock; 0 if it is not. */
  skippedUntilMs: number;
  cooldownMs: number;
}

/** Selects the servers of one name in turn, skipping those that were unreachable for a while. */
export class Endpoints {
  /** The registered name; for a bare name one of its versions. */
  readonly name: string;
  readonly shared: boolean;
  readonly #clock: Clock;
  #candidates: Candidate[];
  #turn: number;
  /** Whether all were unreachable: none is tried again before the resolver has asked the name server. */
  #exhausted = false;

  /** @throws RpcError `MESSAGE_MALFORMED` when the record has no endpoint */
  constructor(record: NameRecord, clock: Clock) {
    if (record.endpoints.length === 0) {
      throw coreError('MESSAGE_MALFORMED', `the name server returned no address for "${record.name}"`);
    }
    this.name = record.name;
    this.shared = record.shared ?? false;
    this.#clock = clock;
    this.#candidates = record.endpoints.map(candidate);
    // Random, so that clients which start together do not all begin with the same server.
    this.#turn = Math.floor(Math.random() * this.#candidates.length);
  }

  get empty(): boolean {
    return this.#candidates.length === 0;
  }

  /** Returns the next server in turn, a socket file before the address of its server; undefined if all are skipped. */
  next(): Destination | undefined {
    const count = this.#candidates.length;
    for (let tried = 0; tried < count && !this.#exhausted; tried += 1) {
      const each = this.#candidates[this.#turn % count];
      this.#turn = (this.#turn + 1) % count;
      if (each !== undefined && !this.#isSkipped(each)) {
        return each.socket ?? each.at;
      }
    }
    return undefined;
  }

  /** Returns the id of the server at a destination; undefined where none is. */
  serverAt({ address, principal }: Destination): string | undefined {
    return this.#candidates.find(
      ({ endpoint }) =>
        endpoint.host === principal && (endpoint.address === address || endpoint.socket === address),
    )?.endpoint.serverId;
  }

  /** Skips a server for a while, as it was unreachable; after a socket file its address comes next. */
  skip({ key }: Destination): void {
    for (const each of this.#candidates) {
      if (each.socket?.key === key) {
        each.socket = undefined;
        continue;
      }
      // Many calls in flight may report the same failure.
      if (each.at.key === key && !this.#isSkipped(each)) {
        const nowMs = this.#clock.monotonicMs();
        const inARow = each.skippedUntilMs > 0 && nowMs < each.skippedUntilMs + each.cooldownMs;
        each.cooldownMs = inARow
          ? Math.min(2 * each.cooldownMs, cooldownRangeMs.last)
          : cooldownRangeMs.first;
        each.skippedUntilMs = nowMs + each.cooldownMs;
      }
    }
    this.#exhausted = this.#candidates.every((each) => this.#isSkipped(each));
  }

  /** Ends all cooldowns: trying unreachable servers is better than trying none. */
  skipNone(): void {
    this.#exhausted = false;
    for (const each of this.#candidates) {
      each.skippedUntilMs = 0;
    }
  }

  /** Adds a server, or updates its address. */
  put(endpoint: Endpoint): void {
    this.remove(endpoint);
    this.#candidates.push(candidate(endpoint));
    this.#exhausted = false;
  }

  remove(endpoint: Endpoint): void {
    const server = serverOf(endpoint);
    this.#candidates = this.#candidates.filter((each) => serverOf(each.endpoint) !== server);
  }

  #isSkipped({ skippedUntilMs }: Candidate): boolean {
    return skippedUntilMs > 0 && this.#clock.monotonicMs() < skippedUntilMs;
  }
}

/** Identifies a server: hosts and users choose their servers' ids independently of others. */
function serverOf({ serverId, host }: Endpoint): string {
  return host?.includes(':') ? `${serverId} ${host}` : serverId;
}

function candidate(endpoint: Endpoint): Candidate {
  const { address, socket, host } = endpoint;
  return {
    endpoint,
    at: destination(address, host),
    socket: socket === undefined ? undefined : destination(socket, host),
    skippedUntilMs: 0,
    cooldownMs: cooldownRangeMs.first,
  };
}
