import type { Rule } from '../../src/rule.ts';

/** A text over and over, up to a length. */
export const repeated = (text: string, length: number): string =>
  text.repeat(Math.ceil(length / text.length)).slice(0, length);

/** Characters of which a run is where a careless quantifier goes over the same text again and again. */
const RUNS = [
  'a',
  'A',
  '0',
  '1',
  ' ',
  '-',
  '=',
  '"',
  '@',
  '.',
  '/',
  ':',
  '_',
  '\n',
  '{',
  '\\',
  '1 ',
  'a.',
  'a ',
  '0a',
  '1-',
  'a:',
];

/** What a rule could be slow on when it is repeated: its beginnings again and again, its examples with a fault in them. */
export function* adversarialTexts(rule: Rule): Generator<string> {
  yield* RUNS;
  for (const keyword of rule.keywords?.slice(0, 6) ?? []) {
    for (const after of ['', ' ', '=', ': ', ' = "', '_', 'a'.repeat(20)]) yield keyword + after;
  }
  for (const match of rule.examples.match.slice(0, 8)) {
    yield `${match} `;
    for (const share of [0.4, 0.7, 1]) {
      const start = match.slice(0, Math.max(1, Math.floor(match.length * share) - 1));
      yield start;
      yield `${start}\u0001`;
      yield start + (start.at(-1) ?? 'a').repeat(3000);
    }
  }
}
