import { escapeControls } from '@patchbay/terminal';

/** What an incomplete word may become. */
export interface Candidate {
  /** The whole word. */
  readonly value: string;
  /** What it means, in one line. */
  readonly note?: string;
  /** Whether more of the same word follows, so that no space does. */
  readonly open?: boolean;
}

/** What is known of an incomplete word. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Whether it may be anything, so that file names are the best guess. */
  readonly anything: boolean;
}

export const noCandidates: Completion = { candidates: [], anything: false };

/** A candidate longer than this takes more than a line of the terminal. */
const maxLength = 200;

/** Returns the candidates that continue a word, take one line at most and hold no control characters. */
export function fitting(candidates: readonly Candidate[], current: string): Candidate[] {
  return candidates.filter(({ value }) => {
    const isPrintable = value !== '' && value.length <= maxLength && escapeControls(value) === value;
    return isPrintable && value.startsWith(current);
  });
}

/** Returns candidates for values without notes. */
export function candidatesOf(values: readonly string[]): Candidate[] {
  return values.map((value) => ({ value }));
}
