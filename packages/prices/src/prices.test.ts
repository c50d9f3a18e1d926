import { CLOCK, PRICES, controlLayer, provide, systemClock, type Prices } from '@interpose/core';
import { expect, test } from 'vitest';
import { prices } from './prices.ts';

const million = { inputTokens: 1_000_000, outputTokens: 0, totalTokens: 1_000_000 };

test('whoever in the stack asks for prices gets them, by the clock of the layer', async () => {
  let seen: Prices | undefined;
  const clock = { ...systemClock, now: () => 0 };
  await using layer = controlLayer([
    {
      name: 'reader',
      create(container) {
        seen = container.resolve(PRICES);
        expect(container.resolve(PRICES)).toBe(seen);
        return (next) => next;
      },
    },
    prices({ aliases: { prod: 'o3' } }),
    provide(CLOCK, clock),
  ]);
  expect(seen?.price('prod', million)).toBe(10e9);
  expect(layer.describe()).toMatchObject({
    units: expect.arrayContaining([
      expect.objectContaining({
        name: 'prices',
        settings: { provider: 'openai', overrides: [], aliases: { prod: 'o3' }, serviceTiers: {} },
      }),
    ]),
  });
});

test('a plugin in two layers is two tables', async () => {
  const plugin = prices();
  const tables = new Set<Prices>();
  const reader = {
    name: 'reader',
    create(container: { resolve(token: typeof PRICES): Prices }) {
      tables.add(container.resolve(PRICES));
      return <T>(next: T): T => next;
    },
  };
  await using _one = controlLayer([plugin, reader]);
  await using _other = controlLayer([plugin, reader]);
  expect(tables.size).toBe(2);
});

test('wrong options fail where they are written', () => {
  const wrong: [unknown, string][] = [
    [{ provider: 'nobody' }, 'prices: provider must be a provider of @pydantic/genai-prices'],
    [{ overrides: [] }, 'prices: overrides must be an object, got []'],
    [
      { overrides: { a: { input: 1 } } },
      `prices: overrides['a'].output must be a number >= 0, got undefined`,
    ],
    [
      { overrides: { a: { input: -1, output: 0 } } },
      `prices: overrides['a']: input must be a number >= 0, got -1`,
    ],
    [
      { overrides: { a: { input: 1, output: 1, cached: 1 } } },
      'unknown option cached; known are input, output,',
    ],
    [{ overrides: { a: null } }, `prices: overrides['a']: options must be an object, got null`],
    [
      { overrides: { 'a*b': { input: 1, output: 1 } } },
      'prices: a key of overrides must be a model, or its beginning and a last *, got "a*b"',
    ],
    [{ aliases: { prod: '' } }, `prices: aliases['prod'] must be the name of a model, got ""`],
    [
      { serviceTiers: { flex: 'half' } },
      'prices: serviceTiers.flex must be a number >= 0, or such numbers by model, got "half"',
    ],
    [
      { serviceTiers: { flex: { '*': Infinity } } },
      `prices: serviceTiers.flex['*'] must be a number >= 0, got Infinity`,
    ],
    [
      { price: 1 },
      'prices: unknown option price; known are provider, overrides, aliases, serviceTiers, clock',
    ],
  ];
  for (const [options, message] of wrong) expect(() => prices(options as never)).toThrow(message);
});
