import { ConfigurationError } from '@interpose/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chatWith, counter, guardOf, sentBy, verdict } from './guard.test-support.ts';
import { GuardError, guard, type GuardOptions } from './index.ts';

describe('policies', () => {
  test('all that are for a call hold, and the error names the one that refuses', async () => {
    const options: GuardOptions = {
      models: ['gpt-*'],
      policies: [
        { name: 'search', match: ({ call }) => call.tags.endpoint === 'search', models: ['gpt-4o-mini'] },
      ],
    };
    expect(await verdict(options)).toBe('sent');
    const { error } = await guardOf(options)({ tags: { endpoint: 'search' } });
    expect(error).toBeInstanceOf(GuardError);
    expect(error).toMatchObject({
      code: 'guard_denied',
      status: 400,
      policy: 'search',
      message:
        'The rule models of the policy "search" refuses this call: model is gpt-4o; allowed is gpt-4o-mini. It was not sent.',
    });
  });

  test('are for the operations that they name', async () => {
    const options: GuardOptions = { operations: ['embeddings'], models: ['text-*'] };
    expect([await verdict(options), await verdict(options, { operation: 'embeddings' })]).toEqual([
      'sent',
      'sent',
    ]);
    expect(await verdict(options, { operation: 'embeddings', params: { model: 'x' } })).toBe(
      'models model: x, text-*',
    );
  });

  test('are chosen by the call as it came, whatever is made of it', async () => {
    const options: GuardOptions = {
      params: { model: { set: 'cheap' } },
      policies: [{ match: ({ call }) => call.model === 'cheap', models: ['none'] }],
    };
    expect(await sentBy(options)).toEqual(chatWith({ model: 'cheap' }));
  });
});

test('rules are gone through in their order, kind by kind, over all policies', async () => {
  const { told, sent } = await guardOf({
    action: 'fix',
    params: { temperature: { set: 5 }, top_p: { max: 0.5 } },
    models: ['a'],
    forbid: { params: ['seed'] },
    policies: [
      {
        name: 'two',
        action: 'fix',
        params: { temperature: { max: 1 } },
        maxOutputTokens: 100,
        models: ['b'],
      },
      { name: 'three', action: 'fix', maxOutputTokens: 50, trusted: 'code', require: {} },
    ],
  })({ params: { seed: 1, top_p: 1, messages: [{ role: 'system', content: 's' }] } });
  expect(told).toEqual([
    'fix params temperature: null, what the policy sets it to',
    'fix forbid.params seed: 1, not to be set',
    'fix models model: gpt-4o, a',
    'fix two: models model: a, b',
    'fix params top_p: 1, at most 0.5',
    'fix two: params temperature: 5, at most 1',
    'fix three: maxOutputTokens output limit: null, at most 50',
    'fix three: trusted messages.0: system, from calls with the tag code only',
  ]);
  expect(sent).toEqual({
    model: 'b',
    messages: [{ role: 'user', content: 's' }],
    temperature: 1,
    top_p: 0.5,
    max_completion_tokens: 50,
  });
});

test('what becomes of a call is chosen rule by rule, and for rules of one kind together', async () => {
  const options: GuardOptions = {
    models: ['x'],
    forbid: { params: ['seed'], content: ['image'] },
    action: { models: 'report', forbid: 'fix', default: 'deny' },
  };
  const { told, sent } = await guardOf(options)({ params: { seed: 1 } });
  expect([told, sent]).toEqual([
    ['fix forbid.params seed: 1, not to be set', 'report models model: gpt-4o, x'],
    chatWith(),
  ]);
});

test('a rule that is named by itself is not of its group', async () => {
  const options: GuardOptions = {
    forbid: { params: ['seed'], tools: ['x'] },
    action: { forbid: 'fix', 'forbid.params': 'deny' },
  };
  const tools = [{ type: 'function', function: { name: 'x' } }];
  expect(await sentBy(options, { params: { tools } })).toEqual(chatWith());
  expect(await verdict(options, { params: { seed: 1 } })).toBe('forbid.params seed: 1, not to be set');
});

test('each breach is told to onViolation, with what becomes of it', async () => {
  const seen: unknown[] = [];
  const onViolation: GuardOptions['onViolation'] = ({ call, ...rest }) =>
    void seen.push([call.operation.name, rest]);
  await guardOf({ models: ['x'], action: 'report', onViolation })();
  expect(seen).toEqual([
    ['chat', { rule: 'models', place: 'model', asked: 'gpt-4o', allowed: 'x', action: 'report' }],
  ]);
});

test('no call passes where the code of a policy breaks', async () => {
  const match = (): never => {
    throw new Error('oops');
  };
  const { error, sent } = await guardOf({ match, models: ['*'], onFault: 'open' })();
  expect([sent, error]).toMatchObject([undefined, { name: 'FaultError' }]);
});

const WRONG: readonly (readonly [options: object, message: string])[] = [
  [{ model: ['x'] }, 'guard: unknown option model; known are name'],
  [
    { models: 'gpt-4o' },
    'guard: models must be an array of names, or an object of such arrays by endpoint, got "gpt-4o"',
  ],
  [{ models: { search: 'x' } }, 'guard: models must be'],
  [
    { models: ['gpt-*'], action: 'fix' },
    'guard: models must be with a name without * in each list, to fix by, got ["gpt-*"]',
  ],
  [{ maxInputTokens: 0 }, 'guard: maxInputTokens must be an integer >= 1, got 0'],
  [{ maxOutputTokens: '5' }, 'guard: maxOutputTokens must be an integer >= 1, got "5"'],
  [{ operations: ['chats'] }, 'guard: operations must be an array of chat, responses'],
  [{ forbid: { tool: ['x'] } }, 'guard: forbid: unknown option tool'],
  [
    { forbid: { content: ['video'] } },
    'guard: forbid: content must be an array of image, audio, file, tokens, got ["video"]',
  ],
  [{ require: { timeout: 'soon' } }, 'guard: require.timeout must be a duration'],
  [
    { require: { responseFormat: 'xml' } },
    'guard: require: responseFormat must be true or \'json_schema\', got "xml"',
  ],
  [{ params: { n: {} } }, 'guard: params.n must have set, default, min, max or oneOf'],
  [{ params: { n: { min: 3, max: 1 } } }, 'guard: params.n: min must be at most max (1), got 3'],
  [{ params: { n: { max: 1, oneOf: [1] } } }, 'guard: params.n has bounds as well as oneOf'],
  [
    { params: { n: { default: 3, max: 1 } } },
    'guard: params.n: default is not one of the values that it allows',
  ],
  [{ params: { n: { oneOf: [] } } }, 'guard: params.n: oneOf must be an array of at least one value, got []'],
  [{ params: { n: 1 } }, 'guard: params.n: options must be an object, got 1'],
  [{ trusted: 'My Tag' }, 'guard: trusted must be the name of a tag, or a function, got "My Tag"'],
  [{ checks: [{ name: 'X', check() {} }] }, 'guard: checks must be an array of checks'],
  [
    {
      checks: [
        { name: 'x', check() {} },
        { name: 'x', check() {} },
      ],
    },
    'guard: checks must be an array of checks',
  ],
  [{ action: 'mend' }, "guard: action must be 'deny', 'fix' or 'report', got \"mend\""],
  [{ action: { model: 'fix' } }, 'guard: action must be of rules that there are: models, params'],
  [
    { action: { maxInputTokens: 'fix' } },
    "guard: action.maxInputTokens must be 'deny' or 'report', for it cannot be fixed",
  ],
  [{ policies: [{ model: 1 }] }, 'guard: policies[0]: unknown option model'],
  [
    { policies: [{ maxInputTokens: -1 }] },
    'guard: policies[0]: maxInputTokens must be an integer >= 1, got -1',
  ],
  [{ policies: {} }, 'guard: policies must be an array of policies, got {}'],
  [{ checkTimeout: -1 }, 'guard: checkTimeout must be a duration'],
  [{ onFault: 'maybe' }, "guard: onFault must be one of 'open', 'closed', got \"maybe\""],
];

test.each(WRONG)('%j is refused when it is made', (options, message) => {
  expect(() => guard(options as GuardOptions)).toThrow(ConfigurationError);
  expect(() => guard(options as GuardOptions)).toThrow(message);
});

test('describes itself by names and figures, without what params are set to', () => {
  const options: GuardOptions = {
    name: 'house',
    models: ['gpt-*'],
    params: { user: { set: 'secret' } },
    require: { timeout: '1m' },
    trusted: () => true,
    policies: [
      { match: () => true, require: { timeout: true, outputLimit: true }, forbid: { tools: ['x'] } },
    ],
  };
  expect(guard(options).describe?.()).toEqual({
    onFault: 'closed',
    policies: [
      { name: 'house', models: ['gpt-*'], params: ['user'], require: { timeout: 60_000 }, trusted: 'custom' },
      { match: 'custom', require: { timeout: true, outputLimit: true }, forbid: { tools: ['x'] } },
    ],
  });
});

const FIXING: GuardOptions = {
  action: 'fix',
  models: ['gpt-4o', 'gpt-4o-*'],
  maxOutputTokens: 100,
  params: { temperature: { max: 1 }, store: { set: false }, seed: { default: 1 }, n: { oneOf: [1, 2] } },
  forbid: { params: ['logit_bias', 'reasoning.summary'], tools: ['bad*'] },
  trusted: 'code',
};

const value = fc.oneof(
  fc.integer({ min: -3, max: 300 }),
  fc.constantFrom(null, 'x', true),
  fc.constant({ summary: 1 }),
);
const params = fc.record(
  {
    model: fc.constantFrom('gpt-4o', 'gpt-4o-mini', 'o3', ''),
    temperature: value,
    store: value,
    seed: value,
    n: value,
    max_tokens: value,
    max_completion_tokens: value,
    logit_bias: value,
    reasoning: value,
    tool_choice: fc.constantFrom('auto', { type: 'function', function: { name: 'bad' } }),
    tools: fc.array(
      fc.constantFrom('bad', 'badly', 'good').map((name) => ({ type: 'function', function: { name } })),
    ),
    messages: fc.array(
      fc.record({ role: fc.constantFrom('system', 'user', 'developer', 'assistant'), content: fc.string() }),
    ),
  },
  { requiredKeys: [] },
);

test('a call that was fixed breaks no rule any more, and is not changed again', async () => {
  const strict = { ...FIXING, action: 'deny' } as const;
  const { params: bounded, ...rest } = strict;
  const { store: _store, seed: _seed, ...bounds } = bounded ?? {};
  await fc.assert(
    fc.asyncProperty(params, async (asked) => {
      const fixed = (await sentBy(FIXING, { params: asked })) as object;
      expect(await verdict({ ...rest, params: bounds }, { params: { messages: undefined, ...fixed } })).toBe(
        'sent',
      );
      const again = await guardOf(FIXING)({ params: { messages: undefined, ...fixed } });
      expect([again.sent, again.told]).toEqual([fixed, []]);
    }),
  );
});

test('no text of a call is in what is told of it', async () => {
  const canary = fc.constantFrom('canary one', 'sk-canary-77', 'canary@example.com');
  await fc.assert(
    fc.asyncProperty(canary, fc.constantFrom('deny', 'report'), async (text, action) => {
      const { error, told } = await guardOf(
        { ...FIXING, models: ['gpt-4o'], action },
        { counter },
      )({
        params: {
          temperature: text,
          store: text,
          n: text,
          logit_bias: text,
          reasoning: { summary: text },
          messages: [{ role: 'system', content: text }],
        },
      });
      expect(`${JSON.stringify(error)} ${String(error)} ${told.join(' ')}`).not.toContain('canary');
    }),
  );
});
