import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { report, type Posting, type SpendGroup, type SpendQuery, type SpendRow } from '@interpose/budget';
import type { Connection } from './connection.ts';
import { restored, stored } from './stored-text.ts';

const GROUPS: readonly SpendGroup[] = ['day', 'endpoint', 'tenant', 'user', 'model'];
const SUMS = ['calls', 'inputTokens', 'outputTokens', 'cost', 'unpriced'] as const;

/** What goes into reports: one row for each day, endpoint, tenant, user and model. */
export class Postings {
  readonly #database: DatabaseSync;
  readonly #add: StatementSync;

  constructor({ database }: Connection) {
    this.#database = database;
    const columns = [...GROUPS, ...SUMS];
    this.#add = database.prepare(`
      INSERT INTO ledger_posting (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
      ON CONFLICT DO UPDATE SET ${SUMS.map((sum) => `${sum} = ${sum} + excluded.${sum}`).join(', ')}`);
  }

  /** Within the transaction of a step. */
  add(posting: Posting): void {
    this.#add.run(...GROUPS.map((group) => stored(posting[group])), ...SUMS.map((sum) => posting[sum]));
  }

  report(query?: SpendQuery): SpendRow[] {
    return spendIn(this.#database, query);
  }
}

/** Adds up in the database, so that a report holds no more rows in memory than it has lines. */
export function spendIn(database: DatabaseSync, query: SpendQuery = {}): SpendRow[] {
  const { from, to, by = ['endpoint'] } = query;
  const groups = GROUPS.filter((group) => by.includes(group));
  const columns = [...groups, ...SUMS.map((sum) => `sum(${sum}) AS ${sum}`)];
  const rows = database
    .prepare(
      `SELECT ${columns.join(', ')} FROM ledger_posting WHERE day >= ? AND day <= ?
       ${groups.length > 0 ? `GROUP BY ${groups.join(', ')}` : 'HAVING count(*) > 0'}`,
    )
    // A letter sorts after all digits.
    .all(from ?? '', to ?? 'z') as unknown as Posting[];
  const texts = rows.map((row) => ({
    ...row,
    ...Object.fromEntries(groups.map((group) => [group, restored(row[group])])),
  }));
  // The days are chosen already; what is left is the order of lines.
  return report(texts, { by });
}
