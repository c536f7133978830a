import type { Random } from '../../soak/random.js';
import type { Victim } from '../../system/killing.js';

export const nodeNames = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5'] as const;
const snapshotNames = ['s0', 's1'] as const;
/** Images that come and go; `ubuntu` is always there. */
const imageNames = ['ubuntu', 'debian'] as const;

/** What somebody asks of the storage object, or a node does with its disk. */
export type Request =
  | { readonly kind: 'provision'; readonly node: string; readonly image: string }
  | { readonly kind: 'clone'; readonly node: string; readonly from: string; readonly snapshot: string }
  | { readonly kind: 'write' | 'resize' | 'rotate' | 'attach' | 'retrieve' | 'purge'; readonly node: string }
  | { readonly kind: 'snapshot' | 'restore' | 'unsnapshot'; readonly node: string; readonly snapshot: string }
  | { readonly kind: 'detach'; readonly node: string; readonly disk: 'trash' | 'keep' | 'now' }
  | { readonly kind: 'rename'; readonly node: string; readonly to: string }
  | { readonly kind: 'import' | 'delete_image'; readonly image: string };

/**
 * What happens to the machine meanwhile. Times are in milliseconds: of `again`, from a start to the next kill. `nth` is
 * an index into what there is at that time.
 */
export type Accident =
  | { readonly kind: 'kill'; readonly victims: readonly Victim[]; readonly again?: number }
  | { readonly kind: 'stop'; readonly victim: Victim; readonly ms: number }
  | { readonly kind: 'target'; readonly change: TargetChange; readonly nth: number }
  | { readonly kind: 'file'; readonly change: FileChange; readonly nth: number }
  | { readonly kind: 'clock'; readonly jumps: readonly string[] }
  | { readonly kind: 'full' }
  | { readonly kind: 'frozen'; readonly ms: number }
  | { readonly kind: 'old catalog'; readonly lost: 'changes' | 'log' };

/** What somebody does to a target by hand. */
const targetChanges = ['removed', 'offline', 'alien', 'orphan'] as const;
export type TargetChange = (typeof targetChanges)[number];
/** What somebody does to the files of the pool by hand. */
const fileChanges = ['stray', 'foreign', 'hidden', 'leftover', 'generation'] as const;
export type FileChange = (typeof fileChanges)[number];

/** Requests of one moment, and the accident that happens meanwhile. */
export interface Step {
  readonly requests: readonly Request[];
  readonly accident: Accident;
  /** How many answers the accident comes after, and how many milliseconds after the last of these. */
  readonly afterAnswers: number;
  readonly afterMs: number;
}

const victims = ['nameserver', 'rpcserver', 'tgtd'] as const satisfies readonly Victim[];

/** How likely each request is, relative to the others. */
const requestWeights: Readonly<Record<Request['kind'], number>> = {
  provision: 9,
  clone: 2,
  write: 8,
  snapshot: 4,
  restore: 2,
  unsnapshot: 2,
  detach: 5,
  attach: 1,
  retrieve: 2,
  purge: 1,
  rename: 1,
  resize: 1,
  rotate: 1,
  import: 3,
  delete_image: 1,
};

/** Before which time after an answer an accident happens, in milliseconds: about what a request takes. */
const latestMs = 100;

/** Before which time after its start a server is killed again, in milliseconds: about what a start takes. */
const latestAgainMs = 1_500;

/** How often each accident happens in a round. */
const accidentsOfRound: Readonly<Record<Accident['kind'], number>> = {
  kill: 5,
  stop: 2,
  target: 3,
  file: 3,
  clock: 1,
  full: 2,
  frozen: 1,
  'old catalog': 2,
};

/** Yields the steps of a seed, without end. They depend on nothing else, so that a seed repeats them. */
export function* stepsOf(random: Random): Generator<Step, never> {
  const round = Object.entries(accidentsOfRound).flatMap(([kind, times]) =>
    Array<Accident['kind']>(times).fill(kind as Accident['kind']),
  );
  // Something to lose, first.
  yield {
    requests: nodeNames.slice(0, 3).map((node) => ({ kind: 'provision', node, image: 'ubuntu' })),
    accident: { kind: 'kill', victims: [] },
    afterAnswers: 3,
    afterMs: 0,
  };
  for (;;) {
    for (const kind of random.shuffle(round)) {
      const accident = drawAccident(random, kind);
      const requests = drawRequests(random, accident);
      const afterAnswers = random.below(requests.length + 1);
      yield { requests, accident, afterAnswers, afterMs: random.below(latestMs) };
    }
  }
}

/** Describes a step in a line. */
export function titleOf({ accident, afterAnswers, afterMs, requests }: Step): string {
  const { kind, ...how } = accident;
  const details = Object.values(how).map((value) => (Array.isArray(value) ? value.join('+') : String(value)));
  const asked = requests.map((request) => Object.values(request).join(' '));
  return `${[kind, ...details].join(' ')} ${String(afterMs)} ms after ${String(afterAnswers)} answers: ${asked.join(', ')}`;
}

function drawRequests(random: Random, accident: Accident): Request[] {
  const nodes = random.shuffle(nodeNames);
  const requests: Request[] = [];
  const count = 3 + random.below(3);
  while (requests.length < count && nodes.length > 0) {
    const request = drawRequest(random, nodes);
    // A file that is larger than an older catalog says is for an operator to decide about.
    const isUnwanted = accident.kind === 'old catalog' && request.kind === 'resize';
    // Nor is anything asked twice at once of an image.
    if (!isUnwanted && !(isOfImage(request) && requests.some(isOfImage))) {
      requests.push(request);
    }
  }
  return requests;
}

function isOfImage({ kind }: Request): boolean {
  return kind === 'import' || kind === 'delete_image';
}

/** @param nodes those that no other request of the step is about */
function drawRequest(random: Random, nodes: string[]): Request {
  const kind = drawWeighted(random, requestWeights);
  const node = nodes.pop() ?? '';
  const snapshot = pick(random, snapshotNames);
  switch (kind) {
    case 'provision':
      return { kind, node, image: pick(random, imageNames) };
    case 'clone':
      return { kind, node, from: pick(random, nodeNames), snapshot };
    case 'snapshot':
    case 'restore':
    case 'unsnapshot':
      return { kind, node, snapshot };
    case 'detach':
      return { kind, node, disk: pick(random, ['trash', 'keep', 'now'] as const) };
    case 'rename':
      return { kind, node, to: nodes.pop() ?? 'n9' };
    case 'import':
    case 'delete_image':
      return { kind, image: 'debian' };
    case 'write':
    case 'resize':
    case 'rotate':
    case 'attach':
    case 'retrieve':
    case 'purge':
      return { kind, node };
  }
}

function drawAccident(random: Random, kind: Accident['kind']): Accident {
  switch (kind) {
    case 'kill':
      return drawKill(random);
    case 'stop':
      return { kind, victim: pick(random, victims), ms: 500 + random.below(4_000) };
    case 'target':
      return { kind, change: pick(random, targetChanges), nth: random.below(10) };
    case 'file':
      return { kind, change: pick(random, fileChanges), nth: random.below(10) };
    case 'clock':
      return { kind, jumps: random.shuffle(['+400d', '-40d', '+1h']).slice(random.below(3)) };
    case 'full':
      return { kind };
    case 'frozen':
      return { kind, ms: 500 + random.below(4_000) };
    case 'old catalog':
      return { kind, lost: pick(random, ['changes', 'log'] as const) };
  }
}

/** Draws who is killed, and whether the server is once more while it starts. */
function drawKill(random: Random): Accident {
  const killed = random.shuffle(victims).slice(random.below(victims.length));
  const again = random.below(latestAgainMs);
  const isTwice = killed.includes('rpcserver') && random.below(2) === 0;
  return { kind: 'kill', victims: killed, ...(isTwice && { again }) };
}

function drawWeighted<K extends string>(random: Random, weights: Readonly<Record<K, number>>): K {
  const entries = Object.entries<number>(weights) as [K, number][];
  let left = random.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [key, weight] of entries) {
    left -= weight;
    if (left < 0) {
      return key;
    }
  }
  throw new RangeError('the weights are not positive');
}

function pick<T>(random: Random, items: readonly [T, ...T[]]): T {
  return items[random.below(items.length)] ?? items[0];
}
