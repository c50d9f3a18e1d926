import { styleText } from 'node:util';
import { dayNumber, dayOf } from './day.ts';
import type { Output } from './host.ts';
import { sparkline } from './sparkline.ts';
import type { SpendLine, SpendReport } from './spend-report.ts';
import { GAP, fitted, table, widest, type Column } from './table.ts';
import { visible } from './text.ts';
import { amounts, trend } from './trend.ts';
import { decimalsOf, grouped, usd } from './usd.ts';

// A month, by the day.
const MOST_BARS = 31;
const FEWEST_BARS = 8;
const SHORTEST_NAME = 8;

/**
 * Prints a report for people, as wide as the terminal.
 *
 * @param where of the books, for the case that nothing is on them.
 */
export function spendTable(report: SpendReport, output: Output, where = ''): string {
  const range = rangeOf(report);
  const days = range ? ` from ${dayOf(range.first)} to ${dayOf(range.last)}, UTC` : '';
  if (report.lines.length === 0) return `Nothing was spent${askedFor(report)}, by the books${where}.\n`;

  const rows = [...report.lines, report.total];
  const columns = fit(report, rows, range, output);
  const [head = '', ...body] = table(columns);
  const strong = (line: string): string => styleText('bold', line, { stream: output });
  const last = body.pop() ?? '';
  const notes = unpricedNote(report.total.unpriced);
  return [`Spend${days}`, '', strong(head), ...body, strong(last), ...notes, ''].join('\n');
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** The days that were asked for, and where that is open, those that are on the books. */
function rangeOf({ from, to, total }: SpendReport): Range | undefined {
  const known = [from, to, ...total.days.keys()]
    .map((day) => (day === undefined ? undefined : dayNumber(day)))
    .filter((number) => number !== undefined);
  if (known.length === 0) return undefined;
  const [first, last] = known.reduce(
    ([least, most], number) => [Math.min(least, number), Math.max(most, number)],
    [Infinity, -Infinity],
  );
  return { first, last };
}

function askedFor({ from, to }: SpendReport): string {
  return `${from === undefined ? '' : ` from ${from}`}${to === undefined ? '' : ` to ${to}`}`;
}

/** Bars give way first, down to a few, then names, down to a few letters; then there are no bars. Numbers never give way. */
function fit(
  report: SpendReport,
  rows: readonly SpendLine[],
  range: Range | undefined,
  output: Output,
): Column[] {
  const names = nameColumns(report);
  const numbers = numberColumns(rows);
  const columns = (output.isTTY && output.columns) || Infinity;
  const taken = numbers.reduce((sum, { cells }) => sum + GAP.length + widest(cells), 0);
  const room = columns - taken - GAP.length * (names.length - 1);
  const natural = names.map(({ cells }) => widest(cells));
  const bars = barsIn(report, range, room - GAP.length - total(natural));
  const rest = bars ? room - GAP.length - widest(bars.cells) : room;
  const shortest = total(fitted(natural, 0, SHORTEST_NAME));
  const isRoomy = bars !== undefined && rest >= shortest;
  const widths = fitted(natural, isRoomy ? rest : room, SHORTEST_NAME);
  const shortened = names.map((column, index) => ({ ...column, width: widths[index] ?? 0 }));
  return [...shortened, ...numbers, ...(isRoomy ? [bars] : [])];
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

function nameColumns({ by, lines }: SpendReport): Column[] {
  return by.map((group, index) => ({
    align: 'left',
    cells: [
      group,
      ...lines.map(({ names }) => visible(names[index] || '(none)')),
      index === 0 ? 'total' : '',
    ],
  }));
}

function numberColumns(rows: readonly SpendLine[]): Column[] {
  // All with the same number of decimals, so that they stand one below the other; none is rounded.
  const decimals = rows.reduce((most, { cost }) => Math.max(most, decimalsOf(cost)), 2);
  const column = (title: string, cell: (row: SpendLine) => bigint | string): Column => ({
    align: 'right',
    cells: [title, ...rows.map((row) => grouped(String(cell(row))))],
  });
  return [
    column('calls', ({ calls }) => calls),
    column('tokens in', ({ inputTokens }) => inputTokens),
    column('tokens out', ({ outputTokens }) => outputTokens),
    ...(rows.some(({ unpriced }) => unpriced > 0n) ? [column('unpriced', ({ unpriced }) => unpriced)] : []),
    column('USD', ({ cost }) => usd(cost, decimals)),
  ];
}

/** The cost over time, within `room`, but for a few bars at least. A row that is of one day has none. */
function barsIn(
  { by, lines, total }: SpendReport,
  range: Range | undefined,
  room: number,
): Column | undefined {
  if (!range || by.includes('day')) return undefined;
  const most = Math.max(FEWEST_BARS, Math.min(MOST_BARS, room));
  const parts = trend(range.first, range.last, most);
  const title = parts.daysEach === 1 ? 'per day' : `per ${parts.daysEach} days`;
  const cells = [...lines, total].map(({ days }) => sparkline(amounts(parts, days)));
  return { align: 'left', cells: [title, ...cells] };
}

function unpricedNote(unpriced: bigint): string[] {
  if (unpriced === 0n) return [];
  if (unpriced === 1n) return ['', '1 call has no known price and is not in the USD above.'];
  return ['', `${grouped(String(unpriced))} calls have no known price and are not in the USD above.`];
}
