import { openBooks } from './books.ts';
import type { Host } from './host.ts';
import { spendCsv } from './spend-csv.ts';
import { spendJson } from './spend-json.ts';
import { SPEND_HELP, spendOptions, type SpendOptions } from './spend-options.ts';
import { spendReport, type SpendReport } from './spend-report.ts';
import { spendTable } from './spend-table.ts';
import { visible } from './text.ts';

/**
 * Prints what was spent.
 *
 * @throws {UsageError} for a wrong command line.
 * @throws the store's error when the books cannot be read.
 */
export async function spend(args: readonly string[], host: Host): Promise<void> {
  const options = spendOptions(args, host);
  host.stdout.write(options ? printed(options, await reportOf(options), host) : SPEND_HELP);
}

async function reportOf({ books, by, from, to }: SpendOptions): Promise<SpendReport> {
  const ledger = await openBooks(books);
  try {
    const days = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
    // One question, so that rows, days and total are of the same moment.
    const rows = await ledger.spend({ ...days, by: [...new Set([...by, 'day' as const])] });
    return spendReport(rows, by, days);
  } finally {
    await ledger.close?.();
  }
}

function printed({ format, books }: SpendOptions, report: SpendReport, { stdout }: Host): string {
  if (format === 'json') return spendJson(report);
  if (format === 'csv') return spendCsv(report, stdout.isTTY === true);
  const where = 'redis' in books ? ` with the prefix '${visible(books.prefix ?? 'interpose')}'` : '';
  return spendTable(report, stdout, where);
}
