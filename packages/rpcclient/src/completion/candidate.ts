import { escapeControls } from '@patchbay/terminal';

/** What a word may become. */
export interface Candidate {
  /** The whole word. */
  readonly value: string;
  /** What it means, in one line. */
  readonly note?: string;
  /** Whether more of the same word follows, so that no space does. */
  readonly open?: boolean;
}

/** What is known of the word that is typed. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Whether it may be anything, so that names of files are the best guess. */
  readonly anything: boolean;
}

export const nothingKnown: Completion = { candidates: [], anything: false };

/** Leaves those that go on as the word begins, and that neither drive a terminal nor take more than a line of it. */
export function fitting(candidates: readonly Candidate[], current: string): Candidate[] {
  return candidates.filter(
    ({ value }) =>
      value !== '' && value.startsWith(current) && value.length <= longest && escapeControls(value) === value,
  );
}

const longest = 200;

/** Makes candidates of values without notes. */
export function candidatesOf(values: readonly string[]): Candidate[] {
  return values.map((value) => ({ value }));
}
