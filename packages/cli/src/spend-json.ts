import type { SpendGroup } from '@interpose/budget';
import type { SpendLine, SpendReport, Sums } from './spend-report.ts';
import { usd } from './usd.ts';

/** What `interpose spend --json` prints. Fields may be added; `version` changes when one is taken away or altered. */
export interface SpendJson {
  readonly version: 1;
  /** The days that were asked for, in UTC; null where that was left open. */
  readonly from: string | null;
  readonly to: string | null;
  readonly by: readonly SpendGroup[];
  /** The dearest first, and days in their order. */
  readonly rows: readonly SpendJsonRow[];
  readonly total: SpendJsonSums;
}

/** One row: the fields of `by`, and what their calls came to. A tag that a call has not is `''`. */
export interface SpendJsonRow extends SpendJsonSums, Partial<Readonly<Record<SpendGroup, string>>> {}

/** What calls came to. */
export interface SpendJsonSums {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Calls whose price is not known; the cost is without them. */
  readonly unpriced: number;
  /** A whole number, written with all its digits; from 9 million USD on they are more than a double holds. */
  readonly nanoUsd: number;
  /** The same in USD, exact: `"0.000012"`. */
  readonly usd: string;
}

// Since Node 21; TypeScript does not know it yet.
const exact = JSON as unknown as { readonly rawJSON: (digits: string) => number };

/** Writes a report for programs. */
export function spendJson({ by, from, to, lines, total }: SpendReport): string {
  const json: SpendJson = {
    version: 1,
    from: from ?? null,
    to: to ?? null,
    by,
    rows: lines.map((line) => rowOf(line, by)),
    total: sumsOf(total),
  };
  return `${printable(JSON.stringify(json, undefined, 2))}\n`;
}

function rowOf(line: SpendLine, by: readonly SpendGroup[]): SpendJsonRow {
  const names = Object.fromEntries(by.map((group, index) => [group, line.names[index] ?? '']));
  return { ...names, ...sumsOf(line) };
}

function sumsOf({ calls, inputTokens, outputTokens, unpriced, cost }: Sums): SpendJsonSums {
  const whole = (sum: bigint): number => exact.rawJSON(String(sum));
  return {
    calls: whole(calls),
    inputTokens: whole(inputTokens),
    outputTokens: whole(outputTokens),
    unpriced: whole(unpriced),
    nanoUsd: whole(cost),
    usd: usd(cost),
  };
}

/** `JSON.stringify` escapes some of what a terminal obeys, and not all of it. What is escaped is the same text. */
function printable(json: string): string {
  return json.replaceAll(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, (unseen) =>
    unseen
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
