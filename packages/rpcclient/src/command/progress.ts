import { type Clock, formatBytes, formatDuration } from '@patchbay/objects';
import { displayWidth, escapeControls, itemText } from '@patchbay/terminal';

import { Rate } from './rate.js';

const redrawEveryMs = 100;
const widestBar = 24;
const narrowestBar = 6;
const longestTimeLeftMs = 48 * 3_600_000;
const clearLine = '\r\u001b[K';

/** What a method yields to say how far it is; totalBytes is absent where nobody knows the end. */
export interface ProgressItem {
  readonly doneBytes: number;
  readonly totalBytes?: number | null | undefined;
  /** What it is doing, such as `converting`. */
  readonly phase?: string | undefined;
}

/** Says whether an item tells progress; any other item is part of what a method gives. */
export function isProgressItem(item: unknown): item is ProgressItem {
  if (typeof item !== 'object' || item === null) {
    return false;
  }
  const { doneBytes, totalBytes, phase } = item as Readonly<Record<string, unknown>>;
  return (
    typeof doneBytes === 'number' &&
    (typeof totalBytes === 'number' || totalBytes === undefined || totalBytes === null) &&
    (typeof phase === 'string' || phase === undefined)
  );
}

/** Where text goes: a process's stdout or stderr, or a test's array. */
export interface TextSink {
  write(text: string): unknown;
}

/** What a `ProgressView` draws on. */
export interface ProgressViewOptions {
  /** The terminal for the bar; undefined where there is none. */
  readonly bar: (TextSink & { readonly columns?: number }) | undefined;
  /** Takes the items that are not progress, a line each; undefined drops them. */
  readonly lines: TextSink | undefined;
  /** Writes an item as a line. Default: as people read it. */
  readonly lineOf?: (item: unknown) => string;
  readonly clock: Clock;
}

/** Shows what a call yields: progress as one bar that is drawn over again, anything else as lines. */
export class ProgressView {
  readonly #options: ProgressViewOptions;
  #rate = new Rate();
  #phase: string | undefined;
  #drawnAtMs = -Infinity;
  #drawn = '';

  constructor(options: ProgressViewOptions) {
    this.#options = options;
  }

  show(item: unknown): void {
    if (isProgressItem(item)) {
      this.#showProgress(item);
      return;
    }
    const { bar, lines, lineOf = itemText } = this.#options;
    if (lines !== undefined) {
      const shown = this.#drawn;
      this.end();
      lines.write(`${lineOf(item)}\n`);
      this.#drawn = shown;
      bar?.write(shown);
    }
  }

  /** Takes the bar away, so that what comes next stands on a clean line. */
  end(): void {
    if (this.#drawn !== '') {
      this.#options.bar?.write(clearLine);
      this.#drawn = '';
    }
  }

  #showProgress(item: ProgressItem): void {
    const { bar, clock } = this.#options;
    if (bar === undefined) {
      return;
    }
    const nowMs = clock.monotonicMs();
    const newPhase = item.phase !== this.#phase;
    if (newPhase) {
      this.#rate = new Rate();
      this.#phase = item.phase;
    }
    this.#rate.add(item.doneBytes, nowMs);
    const complete = item.doneBytes === item.totalBytes;
    if (newPhase || complete || nowMs - this.#drawnAtMs >= redrawEveryMs) {
      this.#drawnAtMs = nowMs;
      this.#drawn = progressLine(item, this.#rate.perSecond(), columnsOf(bar) - 1);
      bar.write(clearLine + this.#drawn);
    }
  }
}

/** Gives the width of a terminal; one that does not know its own says 0 or nothing. */
function columnsOf({ columns = 0 }: { readonly columns?: number }): number {
  return columns > 0 ? columns : 80;
}

/**
 * Writes progress on one line of at most `width` columns. What does not fit makes the bar narrower, as how long it
 * takes says more; then it is left out from the end.
 */
function progressLine(item: ProgressItem, perSecond: number | undefined, width: number): string {
  const { doneBytes, totalBytes, phase } = item;
  const phases = phase === undefined ? [] : [escapeControls(phase)];
  const details = detailsOf(item, perSecond);
  const roomFor = (parts: readonly string[]): number => width - displayWidth(parts.join('  '));
  if (typeof totalBytes !== 'number') {
    const parts = [...phases, ...details];
    while (parts.length > 1 && roomFor(parts) < 0) {
      parts.pop();
    }
    return parts.join('  ');
  }
  const fraction = totalBytes > 0 ? Math.min(1, Math.max(0, doneBytes / totalBytes)) : 1;
  const percent = `${String(Math.floor(fraction * 100)).padStart(3)}%`;
  const roomForBar = (): number => roomFor([...phases, `[] ${percent}`, ...details]);
  while (details.length > 0 && roomForBar() < narrowestBar) {
    details.pop();
  }
  const barWidth = Math.min(widestBar, roomForBar());
  if (barWidth < narrowestBar) {
    return phases[0] ?? percent;
  }
  const filled = Math.floor(fraction * barWidth);
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}] ${percent}`;
  return [...phases, bar, ...details].join('  ');
}

/** Writes how much is done, how fast, and how long it takes still, as far as it is known. */
function detailsOf({ doneBytes, totalBytes }: ProgressItem, perSecond: number | undefined): string[] {
  const isTotalKnown = typeof totalBytes === 'number';
  const details = [
    isTotalKnown ? `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}` : formatBytes(doneBytes),
  ];
  if (perSecond !== undefined) {
    details.push(`${formatBytes(perSecond)}/s`);
    const leftMs = isTotalKnown ? ((totalBytes - doneBytes) / perSecond) * 1000 : 0;
    if (leftMs > 0 && leftMs <= longestTimeLeftMs) {
      details.push(`${formatDuration(Math.ceil(leftMs / 1000) * 1000)} left`);
    }
  }
  return details;
}
