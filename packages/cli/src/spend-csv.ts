import { csv, guarded } from './csv.ts';
import type { SpendLine, SpendReport } from './spend-report.ts';
import { visible } from './text.ts';
import { usd } from './usd.ts';

const SUMS: readonly (readonly [title: string, cell: (line: SpendLine) => string])[] = [
  ['calls', ({ calls }) => String(calls)],
  ['input_tokens', ({ inputTokens }) => String(inputTokens)],
  ['output_tokens', ({ outputTokens }) => String(outputTokens)],
  ['unpriced_calls', ({ unpriced }) => String(unpriced)],
  ['cost_nano_usd', ({ cost }) => String(cost)],
  ['cost_usd', ({ cost }) => usd(cost)],
];

/**
 * Writes a report for spreadsheets: a line of titles, and the rows. There is no total: who adds up a column would have
 * it twice.
 *
 * @param isShown on a terminal: there control characters are written out, which in a file are kept.
 */
export function spendCsv({ by, lines }: SpendReport, isShown = false): string {
  const name = (text: string): string => guarded(isShown ? visible(text) : text);
  return csv([
    [...by, ...SUMS.map(([title]) => title)],
    ...lines.map((line) => [...line.names.map(name), ...SUMS.map(([, cell]) => cell(line))]),
  ]);
}
