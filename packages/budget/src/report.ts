import type { Posting, SpendGroup, SpendQuery, SpendRow } from './ledger.ts';

type Sums = { -readonly [Key in keyof SpendRow]: SpendRow[Key] };

/** Adds postings up, by what is asked for; the dearest first, and days in their order. */
export function report(postings: Iterable<Posting>, query: SpendQuery = {}): SpendRow[] {
  const { from, to, by = ['endpoint'] } = query;
  const rows = new Map<string, Sums>();
  for (const posting of postings) {
    if (from !== undefined && posting.day < from) continue;
    if (to !== undefined && posting.day > to) continue;
    const group = Object.fromEntries(by.map((field) => [field, posting[field]]));
    const key = JSON.stringify(Object.values(group));
    const row = rows.get(key) ?? {
      ...group,
      calls: 0,
      inputTokens: 0,
      outputTokens: 0,
      cost: 0,
      unpriced: 0,
    };
    row.calls += posting.calls;
    row.inputTokens += posting.inputTokens;
    row.outputTokens += posting.outputTokens;
    row.cost += posting.cost;
    row.unpriced += posting.unpriced;
    rows.set(key, row);
  }
  return [...rows.values()].toSorted((a, b) => byDay(a, b) || b.cost - a.cost || byName(a, b, by));
}

function byDay(a: SpendRow, b: SpendRow): number {
  return (a.day ?? '').localeCompare(b.day ?? '');
}

/** So that the order is the same each time. */
function byName(a: SpendRow, b: SpendRow, by: readonly SpendGroup[]): number {
  const name = (row: SpendRow): string => JSON.stringify(by.map((field) => row[field]));
  return name(a).localeCompare(name(b));
}
