import type { Usage } from '@interpose/core';
import { expect, test } from 'vitest';
import { priceTable } from './price-table.ts';

const MILLION = 1_000_000;
const usage = (inputTokens: number, outputTokens: number, more: Partial<Usage> = {}): Usage => ({
  inputTokens,
  outputTokens,
  totalTokens: inputTokens + outputTokens,
  ...more,
});
/** USD of a million tokens in and out. */
const usd = (nano: number | null): number | null => (nano === null ? null : nano / 1e9);

test('names of models, and what a million tokens in and out cost', () => {
  const table = priceTable({ aliases: { 'prod-chat': 'gpt-4o', 'eu-*': 'gpt-4.1' } });
  const names = [
    'gpt-4o',
    'gpt-4o-2024-08-06',
    'gpt-4o-2024-05-13', // has a price of its own
    'gpt-4o-2031-01-01', // a snapshot that the list does not know
    'GPT-4o',
    'openai/gpt-4o',
    'openai/gpt-5-mini-2031-01-01',
    'prod-chat',
    'azure/prod-chat',
    'eu-summaries',
    'gpt-4-9999',
    'gpt-35-turbo',
    'ft:gpt-4o-mini-2024-07-18:acme::abc123',
    'ft:gpt-4.1-2025-04-14:acme::abc123',
    'ft:gpt-4.1-nano-2025-04-14:acme:name:abc123',
    'ft:unheard-of:acme::abc123',
    'text-embedding-3-small',
    'omni-moderation-latest',
    'whisper-1',
    'unheard-of',
    '',
  ];
  expect(names.map((name) => `${name} ${usd(table.price(name, usage(MILLION, MILLION)))}`)).toEqual([
    'gpt-4o 12.5',
    'gpt-4o-2024-08-06 12.5',
    'gpt-4o-2024-05-13 20',
    'gpt-4o-2031-01-01 12.5',
    'GPT-4o 12.5',
    'openai/gpt-4o 12.5',
    'openai/gpt-5-mini-2031-01-01 2.25',
    'prod-chat 12.5',
    'azure/prod-chat 12.5',
    'eu-summaries 10',
    'gpt-4-9999 90',
    'gpt-35-turbo 2',
    'ft:gpt-4o-mini-2024-07-18:acme::abc123 1.5',
    'ft:gpt-4.1-2025-04-14:acme::abc123 15',
    'ft:gpt-4.1-nano-2025-04-14:acme:name:abc123 1',
    'ft:unheard-of:acme::abc123 null',
    'text-embedding-3-small 0.02',
    'omni-moderation-latest 0', // listed, as free
    'whisper-1 null', // listed, by the hour
    'unheard-of null',
    ' null',
  ]);
});

test('each token is charged once, by its kind', () => {
  const table = priceTable();
  const kinds = usage(1000, 100, { cachedInputTokens: 600, reasoningTokens: 80 });
  expect(table.price('gpt-4o', kinds)).toBe(400 * 2500 + 600 * 1250 + 100 * 10_000);
  // No rate for cached input: the plain one counts.
  expect(table.price('gpt-4o-2024-05-13', kinds)).toBe(1000 * 5000 + 100 * 15_000);
  const sound = usage(1000, 100, { audioInputTokens: 900, audioOutputTokens: 70 });
  expect(table.price('gpt-audio', sound)).toBe(100 * 2500 + 900 * 32_000 + 30 * 10_000 + 70 * 64_000);
  // More of all kinds than there are tokens: sound from a cache, counted twice.
  const overlap = usage(100, 0, { audioInputTokens: 80, cachedInputTokens: 60 });
  expect(table.price('gpt-realtime', overlap)).toBe(80 * 32_000 + 20 * 500);
  const written = usage(1000, 0, { cacheWriteTokens: 300, cachedInputTokens: 200 });
  expect(table.price('gpt-6-sol', written)).toBe(500 * 2000 + 300 * 2500 + 200 * 200);
});

test('images may be dear, and a usage does not tell them from text', () => {
  expect(priceTable().price('gpt-image-1.5', usage(1000, 1000))).toBe(1000 * 8000 + 1000 * 32_000);
});

test('amounts are whole, and rounded up', () => {
  const table = priceTable({ overrides: { odd: { input: 0.0001, output: 0.00015 } } });
  expect(table.price('odd', usage(1, 1))).toBe(2);
  expect(table.price('odd', usage(10, 20))).toBe(4);
  // 0.1 * 3 and the like: no nano more for an error of doubles.
  expect(table.price('gpt-4.1-nano', usage(3, 3))).toBe(3 * 100 + 3 * 400);
});

test('a long input has rates of its own, for the whole request', () => {
  const table = priceTable();
  expect(table.price('gpt-5.5', usage(271_999, 1000))).toBe(271_999 * 5000 + 1000 * 30_000);
  expect(table.price('gpt-5.5', usage(272_000, 1000))).toBe(272_000 * 10_000 + 1000 * 45_000);
});

test('prices are those of the day of the reply', () => {
  let now = Date.UTC(2025, 5, 9, 23, 59, 59);
  const table = priceTable({ clock: { now: () => now } });
  const at = (date: number): number | null => table.price('o3', usage(MILLION, 0), { at: date });
  expect(usd(table.price('o3', usage(MILLION, 0)))).toBe(10);
  now += 1000;
  expect(usd(table.price('o3', usage(MILLION, 0)))).toBe(2);
  expect([at(0), at(Date.UTC(2026, 0)), at(0)].map(usd)).toEqual([10, 2, 10]);
});

test('service tiers', () => {
  const table = priceTable({ serviceTiers: { scale: { 'gpt-4o*': 0 }, flex: 0.4 } });
  const cost = (serviceTier: string | undefined, model = 'gpt-4o'): number | null =>
    usd(table.price(model, usage(MILLION, 0), { serviceTier }));
  const tiers = [
    undefined,
    'default',
    'auto',
    'standard',
    'batch',
    'flex',
    'priority',
    'fast',
    'scale',
    'new',
  ];
  expect(tiers.map((tier) => `${tier} ${cost(tier)}`)).toEqual([
    'undefined 2.5',
    'default 2.5',
    'auto 2.5',
    'standard 2.5',
    'batch 1.25',
    'flex 1',
    'priority 5',
    'fast 5',
    'scale 0',
    'new 2.5',
  ]);
  // A long input, at two and a half times its price; a tier that names other models.
  expect([cost('priority', 'gpt-5.5'), cost('scale', 'gpt-4.1')]).toEqual([25, 2]);
});

test('other providers have their own lists, and no tiers unless told', () => {
  const table = priceTable({ provider: 'groq' });
  const model = 'llama-3.3-70b-versatile';
  const plain = table.price(model, usage(MILLION, 0));
  expect(plain).toBeGreaterThan(0);
  expect(table.price(model, usage(MILLION, 0), { serviceTier: 'flex' })).toBe(plain);
  expect(table.price('gpt-4o', usage(MILLION, 0))).toBe(null);
  // What a request costs besides its tokens.
  expect(usd(priceTable({ provider: 'perplexity' }).price('sonar', usage(0, 0)))).toBeGreaterThan(0);
});

test('an override wins: by name, or by the longest beginning', () => {
  const table = priceTable({
    overrides: {
      'gpt-4*': { input: 4, output: 0 },
      'gpt-4o*': { input: 3, output: 0 },
      'gpt-4o': { input: 1, output: 0, cachedInput: 0.5 },
      'whisper-1': { input: 0, output: 0 },
    },
  });
  const names = ['gpt-4o', 'gpt-4o-2024-08-06', 'gpt-4o-mini', 'gpt-4.1', 'whisper-1', 'gpt-5'];
  expect(names.map((name) => usd(table.price(name, usage(MILLION, 0))))).toEqual([1, 1, 3, 4, 0, 1.25]);
  expect(table.price('gpt-4o', usage(10, 0, { cachedInputTokens: 10 }))).toBe(5000);
});

test('ceilings of the output', () => {
  const { outputCeiling } = priceTable({ aliases: { prod: 'gpt-4.1-mini' } });
  const names = [
    'gpt-4o',
    'gpt-4o-2024-05-13',
    'openai/gpt-5-mini',
    'gpt-5-pro-2025-10-06',
    'gpt-5.1-chat-latest',
  ];
  names.push(
    'prod',
    'o3',
    'o1-mini',
    'ft:gpt-4o-mini-2024-07-18:acme::1',
    'gpt-4-0613',
    'claude-opus-4',
    'gpt-7',
  );
  expect(names.map((name) => outputCeiling?.(name))).toEqual([
    16_384,
    4096,
    128_000,
    272_000,
    16_384,
    32_768,
    100_000,
    65_536,
    16_384,
    8192,
    undefined,
    undefined,
  ]);
});

test('context windows, in and out', () => {
  const { contextWindow } = priceTable({
    aliases: { prod: 'gpt-4.1-mini' },
    overrides: { 'gpt-4o': { input: 1, output: 1 } },
  });
  const windows = {
    'gpt-4o': 128_000,
    'openai/gpt-5-mini': 400_000,
    'gpt-5-chat-latest': 128_000,
    prod: 1_000_000,
    'ft:gpt-4o-mini-2024-07-18:acme::1': 128_000,
    'gpt-4-0613': 8192,
    'davinci-002': 16_384,
    'gpt-7': undefined,
  };
  for (const time of ['first', 'again']) {
    const found = Object.keys(windows).map((name) => [name, contextWindow?.(name)]);
    expect(Object.fromEntries(found), time).toEqual(windows);
  }
});

test('names without end do not fill the memory, and stay right', () => {
  const table = priceTable();
  for (let i = 0; i < 3000; i++) expect(table.price(`unheard-of-${i}x`, usage(1, 1))).toBe(null);
  expect(table.price('gpt-4o', usage(1, 1))).toBe(12_500);
});
