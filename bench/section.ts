/** A figure, and the bar that it is held against. */
export interface Bar {
  /** What is divided by what, or what is measured. */
  readonly figure: string;
  /** Null where it could not be measured, such as against a peer that is not installed. */
  readonly value: number | null;
  readonly is: 'at most' | 'at least';
  /** Null where the figure is shown and held against nothing. */
  readonly limit: number | null;
}

/** One table of results: a row for each of what was compared, a column for each case. */
export interface Section {
  readonly title: string;
  readonly unit: string;
  readonly columns: readonly string[];
  readonly rows: readonly {
    readonly name: string;
    /** One for each column; null where it was not measured. */
    readonly values: readonly (number | null)[];
  }[];
  readonly bars: readonly Bar[];
  /** Whether the plot shows it. */
  readonly plotted: boolean;
}

/** Reports whether a figure keeps its bar; returns undefined where it was not measured or has none. */
export function isMet({ value, is, limit }: Bar): boolean | undefined {
  if (limit === null || value === null || Number.isNaN(value)) {
    return undefined;
  }
  return is === 'at most' ? value <= limit : value >= limit;
}
