/** Measured figure with its bound. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Bound of the figure; a figure without one is only for comparison. */
  readonly bound?: { readonly at: 'most' | 'least'; readonly value: number };
}

/** Returns true if a figure meets its bound; undefined if it has none. */
export function isMet({ value, bound }: Bar): boolean | undefined {
  if (bound === undefined) return undefined;
  return bound.at === 'most' ? value <= bound.value : value >= bound.value;
}

/** Formats bars as a table for a terminal: name, figure, bound, ✓ or ✗. */
export function barTable(title: string, bars: readonly Bar[]): string {
  const cells = bars.map((bar) => [bar.name, figure(bar.value, bar.unit), boundText(bar)] as const);
  const [names, figures, bounds] = [0, 1, 2].map((column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const lines = bars.map((bar, index) => {
    const [name = '', value = '', bound = ''] = cells[index] ?? [];
    const padded = [
      name.padEnd(names ?? 0),
      value.padStart(figures ?? 0),
      bound.padEnd(bounds ?? 0),
    ];
    return `  ${padded.join('  ')}  ${mark(bar)}`.trimEnd();
  });
  return [title, ...lines, ''].join('\n');
}

function boundText({ bound, unit }: Bar): string {
  if (bound === undefined) return '';
  return `${bound.at === 'most' ? '≤' : '≥'} ${figure(bound.value, unit)}`;
}

function mark(bar: Bar): string {
  const met = isMet(bar);
  if (met === undefined) return '';
  return met ? '✓' : '✗';
}

/** Formats a figure with few digits, which are enough to compare. */
function figure(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 ? 0 : 2;
  return `${value.toFixed(digits)} ${unit}`.trimEnd();
}
