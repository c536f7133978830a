import type { Random } from '../../soak/random.js';
import type { Victim } from '../../system/killing.js';
import { Likely, nodeNames } from './likely.js';

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
  | { readonly kind: 'full'; readonly what: 'pool' | 'state' }
  | { readonly kind: 'frozen' | 'away' | 'portal taken'; readonly ms: number }
  | { readonly kind: 'amnesia' }
  | { readonly kind: 'old catalog'; readonly lost: 'changes' | 'log' };

/** What somebody does to a target by hand. */
const targetChanges = ['removed', 'offline', 'opened', 'account', 'alien', 'orphan'] as const;
export type TargetChange = (typeof targetChanges)[number];
/** What somebody does to the files of the pool by hand. */
const fileChanges = ['stray', 'foreign', 'hidden', 'leftover', 'generation'] as const;
export type FileChange = (typeof fileChanges)[number];

/** Requests of one moment, and what happens meanwhile. */
export interface Step {
  readonly requests: readonly Request[];
  /** One accident, or two at once. */
  readonly accidents: readonly Accident[];
  /** How many answers they come after, and how many milliseconds after the last of these. */
  readonly afterAnswers: number;
  readonly afterMs: number;
}

const victims = ['nameserver', 'rpcserver', 'tgtd'] as const satisfies readonly Victim[];

/** Before which time after an answer an accident happens, in milliseconds: about what a request takes. */
const latestMs = 150;
/** How long tgtd may be silent until it is replaced, in milliseconds. */
const silentMs = 30_000;
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
  away: 1,
  'portal taken': 1,
  amnesia: 1,
  'old catalog': 2,
};
/** Accidents that can happen together with each other. */
const combined = ['stop', 'clock', 'full', 'frozen', 'kill'] as const;

/** Yields the steps of a seed, without end. They depend on nothing else, so that a seed repeats them. */
export function* stepsOf(random: Random): Generator<Step, never> {
  const likely = new Likely(random);
  const round = Object.entries(accidentsOfRound).flatMap(([kind, times]) =>
    Array<Accident['kind']>(times).fill(kind as Accident['kind']),
  );
  const first: Request[] = nodeNames
    .slice(0, 3)
    .map((node) => ({ kind: 'provision', node, image: 'ubuntu' }));
  first.push({ kind: 'import', image: 'debian' });
  first.forEach((request) => {
    likely.note(request);
  });
  // Something to lose, first.
  yield { requests: first, accidents: [], afterAnswers: 0, afterMs: 0 };
  for (;;) {
    for (const kind of random.shuffle(round)) {
      const accidents = drawAccidents(random, kind);
      const requests = drawRequests(random, likely, kind);
      // What an older catalog does not know was acknowledged, all of it.
      const afterAnswers = kind === 'old catalog' ? requests.length : random.below(3);
      yield { requests, accidents, afterAnswers, afterMs: random.below(latestMs) };
    }
  }
}

/** Describes a step in a line. */
export function titleOf({ accidents, afterAnswers, afterMs, requests }: Step): string {
  const happened = accidents.map((accident) => wordsOf(accident)).join(' and ');
  const asked = requests.map((request) => wordsOf(request));
  return `${happened || 'nothing'}, ${String(afterMs)} ms after ${String(afterAnswers)} answers: ${asked.join(', ')}`;
}

function wordsOf(values: object): string {
  const words = Object.values(values).map((value: unknown) =>
    Array.isArray(value) ? value.join('+') : String(value),
  );
  return words.join(' ');
}

function drawRequests(random: Random, likely: Likely, accident: Accident['kind']): Request[] {
  const free: string[] = [...nodeNames];
  const requests: Request[] = [];
  for (let count = 3 + random.below(3); count > 0 && free.length > 0; count -= 1) {
    const request = likely.draw(free);
    // A file that is larger than an older catalog says is for an operator to decide about.
    const isUnwanted = accident === 'old catalog' && request.kind === 'resize';
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

function drawAccidents(random: Random, kind: Accident['kind']): Accident[] {
  const first = drawAccident(random, kind);
  const [other] = random.shuffle(combined.filter((each) => each !== kind));
  const isCombined = combined.some((each) => each === kind) && !('again' in first) && random.below(3) === 0;
  const second = isCombined && other !== undefined ? drawAccident(random, other) : undefined;
  return second === undefined || 'again' in second ? [first] : [first, second];
}

function drawAccident(random: Random, kind: Accident['kind']): Accident {
  switch (kind) {
    case 'kill':
      return drawKill(random);
    case 'stop':
      return drawStop(random);
    case 'target':
      return { kind, change: pick(random, targetChanges), nth: random.below(10) };
    case 'file':
      return { kind, change: pick(random, fileChanges), nth: random.below(10) };
    case 'clock':
      return { kind, jumps: random.shuffle(['+400d', '-40d', '+1h']).slice(random.below(3)) };
    case 'full':
      return { kind, what: pick(random, ['pool', 'state'] as const) };
    case 'amnesia':
      return { kind };
    case 'frozen':
    case 'away':
    case 'portal taken':
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

/** Draws who is stopped, and for how long: once in a while for longer than tgtd may be silent. */
function drawStop(random: Random): Accident {
  const victim = pick(random, victims);
  const ms = 500 + random.below(4_000);
  return { kind: 'stop', victim, ms: random.below(6) === 0 ? ms + silentMs : ms };
}

function pick<T>(random: Random, items: readonly [T, ...T[]]): T {
  return items[random.below(items.length)] ?? items[0];
}
