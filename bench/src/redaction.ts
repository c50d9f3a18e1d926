import { scrubber, defaultRules, type Rule } from '@interpose/redact';
import { median } from './paired.ts';

const ROUNDS = 200;
const BODY = 50_000;
const HOSTILE = 1_000_000;

const PROSE = [
  'The service wants a token for each call; ask whoever owns the store whether the password was rotated. ',
  'See https://docs.example.com/guide?id=42#top, version 1.2.3 of 2026-05-06, build 8f14e45fceea167a5a36dedd4bea2543. ',
  'const add = (a, b) => a + b; // 3f2504e0-4f89-41d3-9a0c-0305e82c3301 is the id of the run, 192 its number. ',
  'It was a bright cold day in April, and the clocks were striking thirteen, as they had done since 1984. ',
];

/** Milliseconds of one run, the median of many. */
function measure(run: () => void, rounds: number): number {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return median(times);
}

function repeated(units: readonly string[], length: number): string {
  const unit = units.join('');
  // Read back from bytes: what is joined of many parts is put together when it is first read.
  return Buffer.from(unit.repeat(Math.ceil(length / unit.length)).slice(0, length)).toString();
}

/** Texts that nearly match, over and over. */
function hostile({ examples, keywords = ['key'] }: Rule): readonly string[] {
  const [match = 'a'] = examples.match;
  return [
    match,
    match.slice(0, -1),
    `${match.slice(0, -1)}~`,
    match.slice(0, Math.ceil(match.length / 2)),
    match.slice(0, 4),
    match.slice(0, 1),
    match.slice(-1),
    keywords[0] ?? 'key',
    'a',
    '4',
    'a.',
    'a-',
    ' ',
  ].filter((unit) => unit !== '');
}

/**
 * Measures how long `redact()` looks at texts, in milliseconds: a chat body of 50 kB through all default rules, and a
 * hostile megabyte through each rule by itself.
 */
export function reportRedaction(): string {
  const scrub = scrubber();
  const body = repeated(PROSE, BODY);
  scrub(body);
  const lines = [
    `Redaction with ${defaultRules.length} rules`,
    '',
    `50 kB body: ${measure(() => scrub(body), ROUNDS).toFixed(2)} ms`,
  ];

  const worst = defaultRules.map((rule) => {
    const one = scrubber({ rules: [rule] });
    const times = hostile(rule).map((unit) => {
      const text = repeated([unit], HOSTILE);
      return { unit, ms: measure(() => one(text), 3) };
    });
    return { id: rule.id, ...times.reduce((most, time) => (time.ms > most.ms ? time : most)) };
  });
  worst.sort((a, b) => b.ms - a.ms);
  lines.push('', '1 MB hostile text for each rule: the slowest');
  for (const { id, ms, unit } of worst.slice(0, 10))
    lines.push(`${ms.toFixed(1).padStart(8)} ms  ${id.padEnd(28)} ${JSON.stringify(unit.slice(0, 40))}`);
  return lines.join('\n');
}
