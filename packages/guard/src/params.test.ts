import { describe, expect, test } from 'vitest';
import { chatWith, guardOf, sentBy, verdict } from './guard.test-support.ts';

const fix = 'fix' as const;

describe('params that are set', () => {
  const params = { store: { set: false }, seed: { default: 7 }, 'reasoning.effort': { set: 'low' } };

  test('are, whatever the call says', async () => {
    const asked = { store: true, seed: 1, reasoning: { effort: 'high', summary: 'auto' } };
    expect(await sentBy({ params }, { params: asked })).toEqual(
      chatWith({ store: false, seed: 1, reasoning: { effort: 'low', summary: 'auto' } }),
    );
    expect(await sentBy({ params }, { params: { reasoning: null, seed: null } })).toEqual(
      chatWith({ store: false, seed: 7, reasoning: { effort: 'low' } }),
    );
  });

  test('leave a call that has them the very same', async () => {
    const asked = { store: false, seed: 3, reasoning: { effort: 'low' } };
    const { body, told } = await guardOf({ params })({ params: asked });
    expect([body, told]).toEqual([JSON.stringify(chatWith(asked)), []]);
  });

  test('are those of calls that write text, unless it is said which', async () => {
    expect(
      await sentBy({ params: { store: { set: false } } }, { operation: 'embeddings' }),
    ).not.toHaveProperty('store');
    const user = { user: { set: 'team', operations: ['embeddings'] } };
    expect(await sentBy({ params: user }, { operation: 'embeddings' })).toHaveProperty('user', 'team');
    expect(await sentBy({ params: user })).not.toHaveProperty('user');
  });

  test('are told of without the text that stood there', async () => {
    const { told } = await guardOf({ params: { user: { set: 'team' } } })({
      params: { user: 'jane@example.com' },
    });
    expect(told).toEqual(['fix params user: a text of 16 characters, what the policy sets it to']);
  });
});

describe('params with bounds', () => {
  const params = {
    temperature: { max: 1 },
    n: { min: 1, max: 3 },
    top_p: { min: 0.1 },
    service_tier: { oneOf: ['default', 'flex'] },
  };

  test.each([
    [{}, 'sent'],
    [{ temperature: 1, n: 3, top_p: 0.1, service_tier: 'flex' }, 'sent'],
    [{ temperature: null }, 'sent'],
    [{ temperature: 1.1 }, 'params temperature: 1.1, at most 1'],
    [{ temperature: '2' }, 'params temperature: a text of 1 characters, at most 1'],
    [{ n: 0 }, 'params n: 0, from 1 to 3'],
    [{ n: 'many' }, 'params n: a text of 4 characters, from 1 to 3'],
    [{ top_p: 0 }, 'params top_p: 0, at least 0.1'],
    [{ service_tier: 'priority' }, 'params service_tier: a text of 8 characters, one of "default", "flex"'],
  ])('%j: %s', async (asked, expected) => {
    expect(await verdict({ params }, { params: asked })).toBe(expected);
  });

  test('are brought to the nearest that is allowed', async () => {
    const asked = { temperature: 2, n: 0, top_p: 'much', service_tier: 'priority' };
    expect(await sentBy({ params, action: fix }, { params: asked })).toEqual(
      chatWith({ temperature: 1, n: 1, top_p: 0.1, service_tier: 'default' }),
    );
  });

  test('are at their upper bound where they are no number', async () => {
    expect(await sentBy({ params, action: fix }, { params: { n: 'many' } })).toEqual(chatWith({ n: 3 }));
  });

  test('hold for all operations that have them', async () => {
    expect(await verdict({ params: { n: { max: 2 } } }, { operation: 'images', params: { n: 10 } })).toBe(
      'params n: 10, at most 2',
    );
  });
});

describe('params that are forbidden', () => {
  const forbid = { params: ['logit_bias', 'reasoning.summary', 'prediction*'] };

  test('refuse the call', async () => {
    expect(await verdict({ forbid })).toBe('sent');
    expect(await verdict({ forbid }, { params: { logit_bias: { 1: 2 } } })).toBe(
      'forbid.params logit_bias: an object, not to be set',
    );
    expect(await verdict({ forbid }, { params: { prediction_x: [1] } })).toBe(
      'forbid.params prediction_x: a list of 1, not to be set',
    );
  });

  test('are those of the request, and not what every object has', async () => {
    const names = { params: ['toString', 'reasoning.constructor'] };
    expect(await verdict({ forbid: names }, { params: { reasoning: {} } })).toBe('sent');
  });

  test('are taken out', async () => {
    const asked = {
      logit_bias: null,
      reasoning: { summary: 'auto', effort: 'low' },
      prediction: {},
      seed: 1,
    };
    expect(await sentBy({ forbid, action: fix }, { params: asked })).toEqual(
      chatWith({ reasoning: { effort: 'low' }, seed: 1 }),
    );
  });
});

const fn = (name: string) => ({ type: 'function', function: { name, parameters: {} } });

describe('tools that are forbidden', () => {
  const forbid = { tools: ['delete_*', 'web_search*'] };

  test('refuse the call, by name or by type', async () => {
    expect(await verdict({ forbid }, { params: { tools: [fn('read')] } })).toBe('sent');
    expect(await verdict({ forbid }, { params: { tools: [fn('read'), fn('delete_all')] } })).toBe(
      'forbid.tools tools.1: delete_all, not delete_*, web_search*',
    );
    const search = { tools: [{ type: 'web_search_preview' }] };
    expect(await verdict({ forbid }, { operation: 'responses', params: search })).toBe(
      'forbid.tools tools.0: web_search_preview, not delete_*, web_search*',
    );
    expect(
      await verdict(
        { forbid: { tools: ['custom'] } },
        { params: { tools: [{ type: 'custom', custom: { name: 'x' } }] } },
      ),
    ).toBe('forbid.tools tools.0: x, not custom');
  });

  test('are not offered', async () => {
    const asked = { tools: [fn('read'), fn('delete_all')], tool_choice: fn('delete_all') };
    expect(await sentBy({ forbid, action: fix }, { params: asked })).toEqual(
      chatWith({ tools: [fn('read')] }),
    );
    expect(
      await sentBy(
        { forbid: { tools: ['*'] }, action: fix },
        { params: { ...asked, parallel_tool_calls: true } },
      ),
    ).toEqual(chatWith());
  });
});

test('content that nobody can look into refuses the call', async () => {
  const image = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x.test' } }] }];
  const forbid = { content: ['image', 'tokens'] } as const;
  expect(await verdict({ forbid }, { params: { messages: image } })).toBe(
    'forbid.content content: image, no image',
  );
  expect(await verdict({ forbid: { content: ['audio'] } }, { params: { messages: image } })).toBe('sent');
  expect(await verdict({ forbid }, { operation: 'embeddings', params: { input: [1, 2] } })).toBe(
    'forbid.content content: tokens, no tokens',
  );
});
