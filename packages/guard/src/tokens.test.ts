import { describe, expect, test } from 'vitest';
import { chatWith, counter, guardOf, sentBy, verdict } from './guard.test-support.ts';

describe('the limit of output tokens', () => {
  const maxOutputTokens = 500;

  test.each([
    ['chat', { max_completion_tokens: 500 }],
    ['responses', { max_output_tokens: 500 }],
    ['completions', { max_tokens: 500 }],
    ['embeddings', {}],
    ['images', {}],
    ['audio', {}],
  ])('is filled in where a %s call has none', async (operation, expected) => {
    const before = await sentBy({}, { operation });
    expect(await sentBy({ maxOutputTokens }, { operation })).toEqual({ ...(before as object), ...expected });
  });

  test('above the ceiling refuses the call, is lowered, or told of', async () => {
    const asked = { params: { max_tokens: 501 } };
    expect(await verdict({ maxOutputTokens }, asked)).toBe('maxOutputTokens output limit: 501, at most 500');
    expect(await sentBy({ maxOutputTokens, action: 'fix' }, asked)).toEqual(chatWith({ max_tokens: 500 }));
    const { sent, told } = await guardOf({ maxOutputTokens, action: 'report' })(asked);
    expect([sent, told]).toEqual([
      chatWith({ max_tokens: 501 }),
      ['report maxOutputTokens output limit: 501, at most 500'],
    ]);
  });

  test('is not filled in where breaches are only told of', async () => {
    const { sent, told } = await guardOf({ maxOutputTokens, action: 'report' })();
    expect([sent, told]).toEqual([chatWith(), ['report maxOutputTokens output limit: null, at most 500']]);
  });

  test('that is filled in suits all policies', async () => {
    const policies = [{ maxOutputTokens: 50 }, { maxOutputTokens: 200 }];
    expect(await sentBy({ maxOutputTokens, policies })).toEqual(chatWith({ max_completion_tokens: 50 }));
  });

  test('at the ceiling leaves the call the very same', async () => {
    const { body } = await guardOf({ maxOutputTokens })({ params: { max_tokens: 500 } });
    expect(body).toBe(JSON.stringify(chatWith({ max_tokens: 500 })));
  });
});

describe('the input', () => {
  const length = JSON.stringify(chatWith()).length;

  test('may be as long as the ceiling, and no longer', async () => {
    expect(await verdict({ maxInputTokens: length })).toBe('sent');
    expect(await verdict({ maxInputTokens: length - 1 })).toBe(
      `maxInputTokens input: ${length}, at most ${length - 1} tokens`,
    );
    expect(await verdict({ maxInputTokens: 10 }, { operation: 'embeddings' })).toMatch(
      /^maxInputTokens input/,
    );
  });

  test('may be counted later', async () => {
    const later = { ...counter, input: async () => 11 };
    const { error, sent } = await guardOf({ maxInputTokens: 10 }, { counter: later })();
    expect([sent, error]).toMatchObject([undefined, { rule: 'maxInputTokens', asked: 11 }]);
  });

  test('is not waited for by a caller who leaves', async () => {
    const never = { ...counter, input: () => new Promise<number>(() => {}) };
    const controller = new AbortController();
    const call = guardOf({ maxInputTokens: 10 }, { counter: never })({ signal: controller.signal });
    controller.abort(new Error('gone'));
    expect(await call).toMatchObject({ sent: undefined, error: { message: 'gone' } });
  });

  test('is counted only where it may be too long', async () => {
    let counted = 0;
    const quick = { ...counter, atMost: () => 100, input: () => ((counted += 1), 50) };
    await guardOf({ maxInputTokens: 100 }, { counter: quick })();
    expect(counted).toBe(0);
    await guardOf({ maxInputTokens: 99 }, { counter: quick })();
    expect(counted).toBe(1);
  });

  test('cannot be fixed, so that it is refused where all else is', async () => {
    expect(await verdict({ maxInputTokens: 10, action: 'fix' })).toMatch(/^maxInputTokens/);
  });
});
