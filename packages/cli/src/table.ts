import { shortened, width } from './text.ts';

/** One column, from its title down. */
export interface Column {
  readonly cells: readonly string[];
  readonly align: 'left' | 'right';
  /** How wide it is at most; what is longer is shortened. @default as wide as it takes */
  readonly width?: number;
}

/** Between two columns. */
export const GAP = '  ';

/** Sets columns side by side, and gives the lines. */
export function table(columns: readonly Column[]): string[] {
  const widths = columns.map((column) => Math.min(widest(column.cells), column.width ?? Infinity));
  const height = Math.max(0, ...columns.map(({ cells }) => cells.length));
  return Array.from({ length: height }, (_, row) =>
    columns
      .map(({ cells, align }, index) => padded(cells[row] ?? '', widths[index] ?? 0, align))
      .join(GAP)
      .trimEnd(),
  );
}

/** How many columns of a terminal the widest of the cells takes. */
export function widest(cells: readonly string[]): number {
  return cells.reduce((most, cell) => Math.max(most, width(cell)), 0);
}

/**
 * Makes widths fit into `room` by taking from the widest, and no more than it takes; but none is cut below `least`.
 */
export function fitted(widths: readonly number[], room: number, least: number): number[] {
  const cut = (most: number): number[] => widths.map((each) => Math.min(each, most));
  let most = Math.max(least, ...widths);
  while (most > least && sum(cut(most)) > room) most--;
  return cut(most);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function padded(cell: string, columns: number, align: Column['align']): string {
  const text = shortened(cell, columns);
  const space = ' '.repeat(Math.max(0, columns - width(text)));
  return align === 'left' ? text + space : space + text;
}
