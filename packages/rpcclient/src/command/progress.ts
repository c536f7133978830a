import { type Clock, formatBytes, formatDuration } from '@patchbay/objects';
import { displayWidth, escapeControls, type Format, itemText, jsonText } from '@patchbay/terminal';

import type { CommandContext, TextSink } from './context.js';

const rateWindowMs = 5000;
const redrawEveryMs = 100;
const maxBarWidth = 24;
const minBarWidth = 6;
const maxTimeLeftMs = 48 * 3_600_000;
const clearLine = '\r\u001b[K';

/** The progress that a method yields; totalBytes is absent while the total is unknown. */
export interface ProgressItem {
  readonly doneBytes: number;
  readonly totalBytes?: number | null | undefined;
  /** What the method is doing, such as `converting`. */
  readonly phase?: string | undefined;
}

/** Reports whether an item is progress; any other item is part of the output. */
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

interface ProgressViewOptions {
  /** The terminal for the bar; undefined if there is none. */
  readonly bar: (TextSink & { readonly columns?: number }) | undefined;
  /** Where items other than progress are written, a line each; undefined drops them. */
  readonly lines: TextSink | undefined;
  /** Formats an item as a line. Default: for people. */
  readonly lineOf?: (item: unknown) => string;
  readonly clock: Clock;
}

/** Returns the view of the items of a call whose result is printed to `lines` in a format. */
export function openItemView(
  format: Format,
  { errors, clock }: Pick<CommandContext, 'errors' | 'clock'>,
  lines: TextSink,
): ProgressView {
  return new ProgressView({
    bar: errors.isTerminal && format !== 'json' ? errors : undefined,
    lines: format === 'yaml' || format === 'json' ? undefined : lines,
    lineOf: format === 'ndjson' ? jsonText : itemText,
    clock,
  });
}

/** Shows what a call yields: progress as one bar that is redrawn, anything else as lines. */
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

  /** Clears the bar, so that the next output begins on an empty line. */
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
      const { columns = 0 } = bar;
      this.#drawn = progressLine(item, this.#rate.perSecond(), (columns > 0 ? columns : 80) - 1);
      bar.write(clearLine + this.#drawn);
    }
  }
}

/**
 * Formats progress as one line of at most `width` columns. If it does not fit, the bar gets narrower first, as the
 * figures say more; then details are dropped from the end.
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
  while (details.length > 0 && roomForBar() < minBarWidth) {
    details.pop();
  }
  const barWidth = Math.min(maxBarWidth, roomForBar());
  if (barWidth < minBarWidth) {
    return phases[0] ?? percent;
  }
  const filled = Math.floor(fraction * barWidth);
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}] ${percent}`;
  return [...phases, bar, ...details].join('  ');
}

/** Formats how much is done, how fast, and the time left, as far as they are known. */
function detailsOf({ doneBytes, totalBytes }: ProgressItem, perSecond: number | undefined): string[] {
  const isTotalKnown = typeof totalBytes === 'number';
  const details = [
    isTotalKnown ? `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}` : formatBytes(doneBytes),
  ];
  if (perSecond !== undefined) {
    details.push(`${formatBytes(perSecond)}/s`);
    const leftMs = isTotalKnown ? ((totalBytes - doneBytes) / perSecond) * 1000 : 0;
    if (leftMs > 0 && leftMs <= maxTimeLeftMs) {
      details.push(`${formatDuration(Math.ceil(leftMs / 1000) * 1000)} left`);
    }
  }
  return details;
}

/** Measures how fast an amount grows, over the last five seconds. */
class Rate {
  #samples: { readonly atMs: number; readonly amount: number }[] = [];

  /** @param atMs monotonic time in milliseconds */
  add(amount: number, atMs: number): void {
    this.#samples.push({ amount, atMs });
    // The newest sample older than the window is kept as its start.
    const begin = this.#samples.findLastIndex((each) => each.atMs <= atMs - rateWindowMs);
    this.#samples = this.#samples.slice(Math.max(0, begin));
  }

  /** Returns the growth per second; undefined while it is unknown or zero. */
  perSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs || last.amount <= first.amount) {
      return undefined;
    }
    return ((last.amount - first.amount) * 1000) / (last.atMs - first.atMs);
  }
}
