import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { countTokens as cl100k } from 'gpt-tokenizer/encoding/cl100k_base';
import { countTokens as o200k } from 'gpt-tokenizer/encoding/o200k_base';
import cl100kTokens from 'gpt-tokenizer/bpeRanks/cl100k_base';
import o200kTokens from 'gpt-tokenizer/bpeRanks/o200k_base';
import { Encoding } from './encoding.ts';

const asText = { disallowedSpecial: new Set<string>() };
const encodings = {
  o200k_base: { exact: (text: string) => o200k(text, asText), vocabulary: o200kTokens },
  cl100k_base: { exact: (text: string) => cl100k(text, asText), vocabulary: cl100kTokens },
};
const english = readFileSync(new URL('../../../docs/architecture.md', import.meta.url), 'utf8');
const pages = ['core', 'log', 'openai', 'retry', 'telemetry', 'testing', 'trace', 'transport']
  .map((name) => readFileSync(new URL(`../../${name}/README.md`, import.meta.url), 'utf8'))
  .join(english);
const code = readFileSync(new URL('../../core/src/call.ts', import.meta.url), 'utf8');

/** All that the cuts depend on, side by side in any order. */
const letters = 'a|B|c|hello| World|HTMLParser|camelCase|é|слово| слово|Ж|e\u0301|\u0301|漢|字|テ|한국';
const spaces = ' |  |\t|\n|\r\n|\u00a0|\u2028|\u3000|\ufeff';
const marks = `'|'s|'ll|'RE|"|“|”|/|//|.|,|(|{|}|:|_|-|…|—|$|。|，|👍|👩‍👩‍👧|\ud800|\u0000|<\u007cendoftext\u007c>`;
const digits = '1|23|4567|٣|½';
const awkward = [letters, spaces, marks, digits].flatMap((some) => some.split('|'));
const kinds: Record<string, fc.Arbitrary<string>> = {
  awkward: fc.array(fc.constantFrom(...awkward), { maxLength: 40 }).map((parts) => parts.join('')),
  words: fc.array(fc.lorem(), { maxLength: 20 }).map((parts) => parts.join(' ')),
  code: fc.nat(code.length).map((at) => code.slice(at, at + 800)),
  json: fc.json(),
  'indented json': fc.jsonValue().map((value) => JSON.stringify(value, null, 2)),
  base64: fc.base64String({ maxLength: 600 }),
  ideographs: fc.string({
    unit: fc.integer({ min: 0x4e00, max: 0x9fff }).map((c) => String.fromCharCode(c)),
  }),
  emoji: fc.string({ unit: fc.integer({ min: 0x1f300, max: 0x1faff }).map((c) => String.fromCodePoint(c)) }),
  bytes: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  'bytes as UTF-8': fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
  unicode: fc.string({ unit: 'binary', maxLength: 200 }),
  whitespace: fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r', '\u00a0', 'a'), maxLength: 200 }),
  'one character': fc
    .tuple(fc.constantFrom('a', ' ', '\n', '.', '1', '漢', '👍'), fc.nat(3000))
    .map(([c, n]) => c.repeat(n)),
};

describe.each(Object.entries(encodings))('%s', (_name, { exact, vocabulary }) => {
  const warm = new Encoding(exact, vocabulary);

  test.each(Object.entries(kinds))('is never too low: %s', (_kind, texts) => {
    const law = (text: string, left: number): void => {
      const tokens = exact(text);
      expect(new Encoding(exact).count(text, { left })).toBeGreaterThanOrEqual(tokens);
      expect(warm.count(text, { left })).toBeGreaterThanOrEqual(tokens);
    };
    fc.assert(fc.property(texts, fc.constantFrom(0, 50, 20_000), law), { numRuns: 100 });
  });

  test('is exact while the allowance lasts, however often it is asked', () => {
    const law = (text: string): void => {
      expect(warm.count(text, { left: Infinity })).toBe(exact(text));
    };
    for (const kind of ['awkward', 'words', 'code', 'indented json'] as const) {
      fc.assert(
        fc.property(
          kinds[kind]!.filter((text) => text.length <= 128 || kind === 'code'),
          law,
        ),
        { numRuns: 400 },
      );
    }
    expect(warm.count(english, { left: Infinity })).toBe(exact(english));
    expect(warm.count('', { left: 0 })).toBe(0);
  });

  test('knows what it has counted before', () => {
    const encoding = new Encoding(exact);
    for (const text of [english, code]) {
      encoding.count(text, { left: Infinity });
      expect(encoding.count(text, { left: 0 })).toBeLessThan(exact(text) * 1.1);
    }
  });

  test('every token that it knows from the start is one token, where it is a chunk', () => {
    const encoding = new Encoding(exact, vocabulary);
    for (const token of vocabulary) {
      if (typeof token !== 'string') continue;
      const text = `${token} a`;
      expect(encoding.count(text, { left: 0 }), token).toBeGreaterThanOrEqual(exact(text));
    }
  });

  test('a long text is counted well at once, and better when it comes again', () => {
    const encoding = new Encoding(exact, vocabulary);
    expect(encoding.count(pages, { left: 20_000 })).toBeLessThan(exact(pages) * 1.6);
    for (let again = 0; again < 5; again++) encoding.count(pages, { left: 20_000 });
    expect(encoding.count(pages, { left: 0 })).toBeLessThan(exact(pages) * 1.3);
  });

  test('gives the tokenizer no more than the allowance, and nothing that is long', () => {
    let given = 0;
    const encoding = new Encoding((text) => {
      given += text.length;
      return exact(text);
    });
    const allowance = { left: 1000 };
    encoding.count(english, allowance);
    expect(given).toBeLessThan(1500);
    given = 0;
    expect(encoding.count('漢'.repeat(100_000), { left: Infinity })).toBe(300_000);
    expect(given).toBe(0);
  });
});
