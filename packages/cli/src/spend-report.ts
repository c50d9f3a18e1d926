import type { SpendGroup, SpendRow } from '@interpose/budget';

/** What calls came to. Of any size: the books of a year may pass what a number holds exactly. */
export interface Sums {
  readonly calls: bigint;
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
  /** Calls whose price is not known; `cost` is without them. */
  readonly unpriced: bigint;
  /** In nano-USD. */
  readonly cost: bigint;
}

/** One line of a report. */
export interface SpendLine extends Sums {
  /** What it is of, in the order that was asked for. */
  readonly names: readonly string[];
  /** The cost of each day with postings. */
  readonly days: ReadonlyMap<string, bigint>;
}

/** A report of what was spent. */
export interface SpendReport {
  readonly by: readonly SpendGroup[];
  /** The days that were asked for. */
  readonly from?: string;
  readonly to?: string;
  /** The dearest first, and days in their order. */
  readonly lines: readonly SpendLine[];
  readonly total: SpendLine;
}

type Open = { -readonly [Key in keyof SpendLine]: SpendLine[Key] } & { days: Map<string, bigint> };

/**
 * Adds rows of single days up.
 *
 * @param rows by all of `by`, and by day.
 */
export function spendReport(
  rows: readonly SpendRow[],
  by: readonly SpendGroup[],
  asked: { readonly from?: string; readonly to?: string } = {},
): SpendReport {
  const lines = new Map<string, Open>();
  const total = empty([]);
  for (const row of rows) {
    const names = by.map((group) => row[group] ?? '');
    const key = JSON.stringify(names);
    const line = lines.get(key) ?? empty(names);
    lines.set(key, line);
    add(line, row);
    add(total, row);
  }
  const day = by.indexOf('day');
  const sorted = [...lines.values()].toSorted(
    (a, b) =>
      compare(a.names[day] ?? '', b.names[day] ?? '') ||
      compare(b.cost, a.cost) ||
      compare(JSON.stringify(a.names), JSON.stringify(b.names)),
  );
  return { by, ...asked, lines: sorted, total };
}

function empty(names: readonly string[]): Open {
  return {
    names,
    calls: 0n,
    inputTokens: 0n,
    outputTokens: 0n,
    unpriced: 0n,
    cost: 0n,
    days: new Map<string, bigint>(),
  };
}

function add(line: Open, row: SpendRow): void {
  const cost = BigInt(row.cost);
  const day = row.day ?? '';
  line.calls += BigInt(row.calls);
  line.inputTokens += BigInt(row.inputTokens);
  line.outputTokens += BigInt(row.outputTokens);
  line.unpriced += BigInt(row.unpriced);
  line.cost += cost;
  line.days.set(day, (line.days.get(day) ?? 0n) + cost);
}

/** By code units: the same on every machine, whatever its language. */
function compare<T extends string | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
