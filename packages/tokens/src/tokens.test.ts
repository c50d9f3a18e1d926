import { TOKEN_COUNTER, controlLayer, type TokenCounter } from '@interpose/core';
import { expect, test } from 'vitest';
import { tokens } from './tokens.ts';

test('whoever in the stack asks for the counter gets one, the same for all', async () => {
  const seen = new Set<TokenCounter>();
  const reader = (name: string) => ({
    name,
    create(container: { resolve(token: typeof TOKEN_COUNTER): TokenCounter }) {
      seen.add(container.resolve(TOKEN_COUNTER));
      return <T>(next: T): T => next;
    },
  });
  await using layer = controlLayer([reader('one'), tokens({ preload: true }), reader('other')]);
  expect(seen.size).toBe(1);
  const [counter] = seen;
  expect(await counter?.text('hello world')).toBe(2);
  expect(layer.describe()).toMatchObject({
    units: expect.arrayContaining([
      expect.objectContaining({
        name: 'tokens',
        settings: { maxExactChars: 20_000, aliases: {}, preload: true },
      }),
    ]),
  });
});

test('wrong options fail where they are written', () => {
  const wrong: [unknown, string][] = [
    [{ maxExactChars: -1 }, 'tokens: maxExactChars must be an integer >= 0, got -1'],
    [
      { aliases: { a: 1 } },
      'tokens: aliases must be an object of names and the models they stand for, got {"a":1}',
    ],
    [{ preload: 'gpt-4' }, 'tokens: preload must be true or false, got "gpt-4"'],
    [{ model: 'gpt-4' }, 'tokens: unknown option model; known are maxExactChars, aliases, preload'],
  ];
  for (const [options, message] of wrong) expect(() => tokens(options as never)).toThrow(message);
});
