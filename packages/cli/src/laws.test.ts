import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import type { Posting, SpendGroup } from '@interpose/budget';
import { report } from '@interpose/budget';
import { expect, test } from 'vitest';
import { terminal } from './cli.test-support.ts';
import { dayNumber, dayOf } from './day.ts';
import { sparkline } from './sparkline.ts';
import { spendCsv } from './spend-csv.ts';
import { spendJson, type SpendJson } from './spend-json.ts';
import { spendReport } from './spend-report.ts';
import { spendTable } from './spend-table.ts';
import { fitted } from './table.ts';
import { shortened, visible, width } from './text.ts';
import { amounts, trend } from './trend.ts';
import { grouped, usd } from './usd.ts';

const GROUPS: readonly SpendGroup[] = ['endpoint', 'tenant', 'user', 'model', 'day'];

const amount = fc.bigInt({ min: 0n, max: 10n ** 24n });
const name = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'search',
    "'x",
    '=1+1',
    '-1',
    '@x',
    '\t',
    'a,b',
    'a"b',
    'a\r\nb',
    '\u001b[31m',
    ' a ',
  ),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
);
const number = fc.integer({ min: 0, max: 1000 });
const posting: fc.Arbitrary<Posting> = fc.record({
  day: fc.integer({ min: 20_000, max: 20_080 }).map(dayOf),
  endpoint: name,
  tenant: name,
  user: name,
  model: name,
  calls: number,
  inputTokens: number,
  outputTokens: number,
  cost: fc.maxSafeNat(),
  unpriced: number,
});
const groups = fc
  .subarray([...GROUPS], { minLength: 1 })
  .chain((some) => fc.shuffledSubarray(some, { minLength: some.length }));

/** As a ledger has it, and the command asks it. */
function reportOf(postings: readonly Posting[], by: readonly SpendGroup[]) {
  const rows = postings.flatMap((each) => report([each], { by: [...new Set([...by, 'day' as const])] }));
  return spendReport(rows, by);
}

/** Every sum, by plain addition. */
function sumsOf(
  lines: readonly {
    calls: bigint;
    cost: bigint;
    inputTokens: bigint;
    outputTokens: bigint;
    unpriced: bigint;
  }[],
) {
  const sum = (field: keyof (typeof lines)[number]) => lines.reduce((total, line) => total + line[field], 0n);
  return (['calls', 'inputTokens', 'outputTokens', 'unpriced', 'cost'] as const).map(sum);
}

test('rows add up to the total, and days to their row, whatever a report is divided by', () => {
  fc.assert(
    fc.property(fc.array(posting), groups, (postings, by) => {
      const { lines, total } = reportOf(postings, by);
      expect(sumsOf(lines)).toEqual(sumsOf([total]));
      expect(total.cost).toBe(postings.reduce((sum, { cost }) => sum + BigInt(cost), 0n));
      for (const { cost, days } of [...lines, total]) {
        expect([...days.values()].reduce((a, b) => a + b, 0n)).toBe(cost);
      }
      const keys = new Set(postings.map((each) => JSON.stringify(by.map((group) => each[group]))));
      expect(lines.map(({ names }) => JSON.stringify(names)).toSorted()).toEqual([...keys].toSorted());
    }),
  );
});

test('CSV is read back by another reader as what went in, but for the apostrophe', () => {
  fc.assert(
    fc.property(fc.array(posting), groups, (postings, by) => {
      const spend = reportOf(postings, by);
      const [titles, ...rows] = parse(spendCsv(spend), {
        record_delimiter: '\r\n',
        relax_column_count: false,
      }) as string[][];
      expect(titles?.slice(0, by.length)).toEqual(by);
      expect(rows.map((row) => row.slice(0, by.length).map((cell) => cell.replace(/^'/, '')))).toEqual(
        spend.lines.map(({ names }) => names),
      );
      expect(rows.map((row) => row.at(-2))).toEqual(spend.lines.map(({ cost }) => String(cost)));
      for (const row of rows) expect(row.some((cell) => /^[=+\-@\t\r\n＝＋－＠]/.test(cell))).toBe(false);
    }),
  );
});

test('JSON is read back as what went in, and has nothing in it that a terminal obeys', () => {
  fc.assert(
    fc.property(fc.array(posting), groups, (postings, by) => {
      const spend = reportOf(postings, by);
      const json = spendJson(spend);
      expect(json).not.toMatch(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/u);
      const { rows, total } = JSON.parse(json) as SpendJson;
      expect(rows.map((row) => by.map((group) => row[group]))).toEqual(spend.lines.map(({ names }) => names));
      expect(json).toContain(`"nanoUsd": ${spend.total.cost},`);
      expect(total.usd).toBe(usd(spend.total.cost));
    }),
  );
});

test('a table has a line for each row, no control of a terminal, and no more than fits', () => {
  fc.assert(
    fc.property(
      fc.array(posting, { minLength: 1 }),
      groups,
      fc.integer({ min: 140, max: 200 }),
      (postings, by, columns) => {
        const spend = reportOf(postings, by);
        const text = spendTable(spend, terminal(columns));
        expect(text).not.toMatch(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/u);
        const lines = text.split('\n');
        expect(lines.slice(2, lines.indexOf('', 2))).toHaveLength(spend.lines.length + 2);
        for (const line of lines) expect(width(line)).toBeLessThanOrEqual(columns);
      },
    ),
  );
});

test('USD is exact, and read back as it was', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }),
      fc.integer({ min: 0, max: 9 }),
      (nano, decimals) => {
        const text = usd(nano, decimals);
        expect(text).toMatch(/^-?\d+(\.\d{1,9})?$/);
        const [whole = '', fraction = ''] = text.replace('-', '').split('.');
        expect(fraction.length).toBeGreaterThanOrEqual(decimals);
        const back = BigInt(whole) * 10n ** 9n + BigInt(fraction.padEnd(9, '0'));
        expect(text.startsWith('-') ? -back : back).toBe(nano);
        expect(grouped(text).replaceAll(',', '')).toBe(text);
        expect(grouped(text)).toMatch(/^-?\d{1,3}(,\d{3})*(\.\d+)?$/);
      },
    ),
  );
  expect([0n, 1n, 10n ** 9n, -1_500_000_000n, 9_007_199_254_740_993n].map((nano) => usd(nano))).toEqual([
    '0.00',
    '0.000000001',
    '1.00',
    '-1.50',
    '9007199.254740993',
  ]);
});

test('a sparkline has a gap for nothing alone, its full bar for the highest, and never a lower bar for more', () => {
  fc.assert(
    fc.property(fc.array(amount), (list) => {
      const bars = sparkline(list).split('');
      expect(bars).toHaveLength(list.length);
      const heights = bars.map((bar) => ' ▁▂▃▄▅▆▇█'.indexOf(bar));
      expect(heights.map((height) => height > 0)).toEqual(list.map((each) => each > 0n));
      const highest = list.reduce((a, b) => (a > b ? a : b), 0n);
      list.forEach((each, index) => {
        if (each > 0n && each === highest) expect(bars[index]).toBe('█');
        list.forEach((other, at) => {
          if (each <= other) expect(heights[index]).toBeLessThanOrEqual(heights[at] ?? 0);
        });
      });
    }),
  );
  expect(sparkline([0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n])).toBe(' ▁▂▃▄▅▆▇█');
  expect(sparkline([1n, 10n ** 30n])).toBe('▁█');
});

test('parts of a row of days are no more than fit, and add up to what is in it', () => {
  const day = fc.integer({ min: -100, max: 1000 });
  fc.assert(
    fc.property(
      day,
      day,
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.tuple(day, amount)),
      (a, b, most, costs) => {
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        const parts = trend(first, last, most);
        const days = new Map(costs.map(([number, cost]) => [dayOf(number), cost]));
        const sums = amounts(parts, new Map([...days, ['no day', 7n]]));
        expect(sums.length).toBeLessThanOrEqual(most);
        expect(sums).toHaveLength(parts.parts);
        expect(parts.parts * parts.daysEach).toBeGreaterThanOrEqual(last - first + 1);
        const inside = [...days].filter(
          ([each]) => each >= dayOf(first) && each <= dayOf(first + parts.parts * parts.daysEach - 1),
        );
        expect(sums.reduce((x, y) => x + y, 0n)).toBe(inside.reduce((sum, [, cost]) => sum + cost, 0n));
      },
    ),
  );
  expect(trend(0, 3_652_058, 31)).toEqual({ first: 0, parts: 31, daysEach: 117_809 });
});

test('days are numbered one after the other, and what is no day has no number', () => {
  fc.assert(
    fc.property(fc.integer({ min: -719_528, max: 2_932_896 }), (day) => {
      expect(dayNumber(dayOf(day))).toBe(day);
    }),
  );
  expect([dayNumber('1970-01-01'), dayNumber('2024-02-29')]).toEqual([0, 19_782]);
  const none = ['', '2026-02-29', '2026-13-01', '2026-1-1', '2026-01-01T00:00Z', '02026-01-01', '2026-01-00'];
  expect(none.map(dayNumber)).toEqual(none.map(() => undefined));
});

test('a text is shortened to what fits, and no sooner', () => {
  fc.assert(
    fc.property(name.map(visible), fc.integer({ min: 0, max: 20 }), (text, columns) => {
      const short = shortened(text, columns);
      expect(width(short)).toBeLessThanOrEqual(columns);
      if (width(text) <= columns) expect(short).toBe(text);
      else if (columns > 0) expect([short.at(-1), text.startsWith(short.slice(0, -1))]).toEqual(['…', true]);
    }),
  );
  expect(shortened('日本語のエンドポイント', 8)).toBe('日本語…');
  expect(['abc', '日本', 'e\u0301', '👍🏽', '❤️', ''].map(width)).toEqual([3, 4, 1, 2, 2, 0]);
  expect(visible('a\u001b[2J\u009b\u202eb\ud800\u2028')).toBe(
    'a\\u{1b}[2J\\u{9b}\\u{202e}b\\u{d800}\\u{2028}',
  );
});

test('widths are fitted by taking from the widest', () => {
  const widths = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1 });
  fc.assert(
    fc.property(widths, fc.integer({ min: -10, max: 200 }), (natural, room) => {
      const fit = fitted(natural, room, 8);
      const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
      fit.forEach((each, index) => {
        expect(each).toBeLessThanOrEqual(natural[index] ?? 0);
        expect(each).toBeGreaterThanOrEqual(Math.min(8, natural[index] ?? 0));
      });
      if (sum(natural) <= room) expect(fit).toEqual(natural);
      else if (fit.some((each) => each > 8)) expect(sum(fit)).toBeLessThanOrEqual(room);
    }),
  );
  expect(fitted([30, 5, 20], 40, 8)).toEqual([17, 5, 17]);
});
