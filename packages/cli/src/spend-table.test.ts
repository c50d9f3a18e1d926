import type { SpendRow } from '@interpose/budget';
import { expect, test } from 'vitest';
import { terminal } from './cli.test-support.ts';
import { dayOf } from './day.ts';
import { csv } from './csv.ts';
import { spendCsv } from './spend-csv.ts';
import { spendJson } from './spend-json.ts';
import { spendReport } from './spend-report.ts';
import { spendTable } from './spend-table.ts';

const FIRST = 20_454; // 2026-01-01

function row(fields: Partial<SpendRow>): SpendRow {
  const names = { endpoint: 'search', day: dayOf(FIRST) };
  return { ...names, calls: 1, inputTokens: 1000, outputTokens: 10, cost: 1_000_000, unpriced: 0, ...fields };
}

const LONG = 'an endpoint with a name that nobody would give one';
const rows = [
  row({ endpoint: LONG, cost: 3_000_000_000 }),
  row({ endpoint: LONG, cost: 12_345_678_900, day: dayOf(FIRST + 19), calls: 12_345 }),
  row({ endpoint: '' }),
  row({ endpoint: 'a\u001b[2Jb\nc', day: dayOf(FIRST + 2) }),
];

function printed(columns: number, by: readonly ('endpoint' | 'day')[] = ['endpoint']): string {
  return spendTable(spendReport(rows, by), terminal(columns));
}

test('a terminal with room', () => {
  expect(printed(120)).toBe(`Spend from 2026-01-01 to 2026-01-20, UTC

endpoint                                             calls  tokens in  tokens out         USD  per day
an endpoint with a name that nobody would give one  12,346      2,000          20  15.3456789  ▂                  █
(none)                                                   1      1,000          10   0.0010000  █
a\\u{1b}[2Jb\\u{a}c                                        1      1,000          10   0.0010000    █
total                                               12,348      4,000          40  15.3476789  ▂ ▁                █
`);
});

test('a narrower one: less of the bars first, then of the names', () => {
  expect(printed(90)).toBe(`Spend from 2026-01-01 to 2026-01-20, UTC

endpoint                              calls  tokens in  tokens out         USD  per 3 days
an endpoint with a name that nobod…  12,346      2,000          20  15.3456789  ▂     █
(none)                                    1      1,000          10   0.0010000  █
a\\u{1b}[2Jb\\u{a}c                         1      1,000          10   0.0010000  █
total                                12,348      4,000          40  15.3476789  ▂     █
`);
});

test('a narrow one: no bars, and all of the numbers', () => {
  expect(printed(58)).toBe(`Spend from 2026-01-01 to 2026-01-20, UTC

endpoint          calls  tokens in  tokens out         USD
an endpoint wi…  12,346      2,000          20  15.3456789
(none)                1      1,000          10   0.0010000
a\\u{1b}[2Jb\\u{…       1      1,000          10   0.0010000
total            12,348      4,000          40  15.3476789
`);
});

test('by day there are no bars', () => {
  expect(printed(80, ['day'])).toBe(`Spend from 2026-01-01 to 2026-01-20, UTC

day          calls  tokens in  tokens out         USD
2026-01-01       2      2,000          20   3.0010000
2026-01-03       1      1,000          10   0.0010000
2026-01-20  12,345      1,000          10  12.3456789
total       12,348      4,000          40  15.3476789
`);
});

test('calls without a price are counted, and told of', () => {
  const unpriced = [row({ unpriced: 1000, calls: 1000, cost: 0 }), row({ endpoint: 'chat', unpriced: 1 })];
  expect(spendTable(spendReport(unpriced, ['endpoint']), terminal(80)))
    .toBe(`Spend from 2026-01-01 to 2026-01-01, UTC

endpoint  calls  tokens in  tokens out  unpriced    USD  per day
chat          1      1,000          10         1  0.001  █
search    1,000      1,000          10     1,000  0.000
total     1,001      2,000          20     1,001  0.001  █

1,001 calls have no known price and are not in the USD above.
`);
});

test('sums beyond what a number holds', () => {
  const days = Array.from({ length: 3 }, (_, day) =>
    row({ cost: Number.MAX_SAFE_INTEGER, day: dayOf(FIRST + day) }),
  );
  const report = spendReport(days, ['endpoint']);
  expect(spendTable(report, terminal(80)).split('\n')[3]).toBe(
    'search        3      3,000          30  27,021,597.764222973  ███',
  );
  expect(spendJson(report)).toContain('"nanoUsd": 27021597764222973,\n    "usd": "27021597.764222973"');
});

test('a day that is none, of whoever wrote it, has no bar', () => {
  const odd = spendReport([row({ day: 'yesterday' })], ['endpoint']);
  expect(spendTable(odd, terminal(80))).toBe(`Spend

endpoint  calls  tokens in  tokens out    USD
search        1      1,000          10  0.001
total         1      1,000          10  0.001
`);
});

test('CSV: control characters are kept in a file, and written out on a terminal', () => {
  const report = spendReport(
    [row({ endpoint: 'a\u001b[2Jb\nc' }), row({ endpoint: '=1+1', cost: 1 })],
    ['endpoint'],
  );
  const head = 'endpoint,calls,input_tokens,output_tokens,unpriced_calls,cost_nano_usd,cost_usd\r\n';
  const formula = "'=1+1,1,1000,10,0,1,0.000000001\r\n";
  expect(spendCsv(report)).toBe(`${head}"a\u001b[2Jb\nc",1,1000,10,0,1000000,0.001\r\n${formula}`);
  expect(spendCsv(report, true)).toBe(`${head}a\\u{1b}[2Jb\\u{a}c,1,1000,10,0,1000000,0.001\r\n${formula}`);
});

test('CSV: what is quoted', () => {
  const cells = ['a', 'a,b', 'a"b', 'a\rb', 'a\nb', ' a', 'a ', ''];
  expect(csv([cells])).toBe('a,"a,b","a""b","a\rb","a\nb"," a","a ",\r\n');
});
