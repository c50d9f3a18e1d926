import { FETCH, controlLayer, provide } from '@interpose/core';
import { describe, expect, test } from 'vitest';
import type { ScriptedReply } from '@interpose/testing';
import { validate, type ValidateOptions } from './index.ts';
import { HI, PERSON, format, messagesOf, stage, type Answer } from './validate.test-support.ts';

const ANN = '{"name":"Ann","age":3}';

/** What the caller gets, in a line. */
function told({ text, finish, header, error, thrown }: Answer): string {
  if (error) return `${error.code}: ${error.message}`;
  if (thrown) return String(thrown);
  return `${text} ${finish}${header === null ? '' : ` (${header})`}`.trim();
}

async function answer(
  params: object,
  script: readonly ScriptedReply[],
  options: ValidateOptions = { repair: 0 },
): Promise<string> {
  await using scene = stage(options, script);
  return told(await scene.ask({ ...HI, ...params }));
}

describe('the shape that a request asks for', () => {
  const person = { response_format: format(PERSON) };
  test.each<[what: string, params: object, says: ScriptedReply, gets: string]>([
    ['is kept', person, { text: ANN }, `${ANN} stop`],
    [
      'is not kept',
      person,
      { text: '{"name":"Ann","age":-1}' },
      'invalid_output: The answer is not valid: /age of the answer must be >= 0',
    ],
    [
      'is broken in many ways',
      person,
      { text: '{"name":1,"nick":"A"}' },
      'invalid_output: The answer is not valid: the answer must have the property "age" (and 2 more)',
    ],
    [
      'is prose',
      person,
      { text: 'It is Ann.' },
      'invalid_output: The answer is not valid: the answer must be JSON',
    ],
    ['is nothing', person, { text: '' }, 'invalid_output: The answer is not valid: the answer must be there'],
    [
      'is JSON of any sort',
      { response_format: { type: 'json_object' } },
      { text: '{"a":[1]}' },
      '{"a":[1]} stop',
    ],
    [
      'is JSON, and prose comes',
      { response_format: { type: 'json_object' } },
      { text: 'Sure: here you are.' },
      'invalid_output: The answer is not valid: the answer must be JSON',
    ],
    ['is none', {}, { text: 'anything' }, 'anything stop'],
    ['is a schema that is none', { response_format: format({ type: 'strange' }) }, { text: '{}' }, '{} stop'],
    [
      'is a schema that is none, and prose comes',
      { response_format: format({ type: 'strange' }) },
      { text: 'no' },
      'invalid_output: The answer is not valid: the answer must be JSON',
    ],
    [
      'is in another draft',
      { response_format: format({ $schema: 'http://json-schema.org/draft-07/schema#', ...PERSON }) },
      { text: ANN },
      `${ANN} stop`,
    ],
    [
      'is one of many choices',
      { ...person, n: 2 },
      { text: [ANN, '[]'] },
      'invalid_output: The answer is not valid: the answer must be object',
    ],
  ])('%s', async (_, params, says, gets) => expect(await answer(params, [says])).toBe(gets));

  test.each<[what: string, says: ScriptedReply, gets: string]>([
    ['a refusal', { refusal: 'I would rather not.' }, 'stop'],
    [
      'an answer that is cut at its length',
      { text: '{"name":"An', finishReason: 'length' },
      '{"name":"An length',
    ],
    [
      'an answer that is filtered',
      { text: '{"name":"An', finishReason: 'content_filter' },
      '{"name":"An content_filter',
    ],
    ['an error', { status: 400 }, 'undefined'],
  ])('is not asked of %s', async (what, says, gets) => {
    for (const stream of [false, true]) {
      await using scene = stage({ repair: 1 }, [says]);
      const got = await scene.ask({ ...HI, ...person, stream });
      if (what === 'an error') expect([scene.provider.requests.length, got.error]).toEqual([1, undefined]);
      else expect([told(got), scene.provider.requests.length]).toEqual([gets, 1]);
    }
  });

  test('is told of on the event channel: what was judged, and what could not be', async () => {
    await using scene = stage({ repair: 0 }, [
      { text: ANN },
      { text: '{"name":"Ann","age":"secret"}' },
      { refusal: 'no' },
      { text: '{', finishReason: 'length' },
      { text: '{}' },
    ]);
    for (let turn = 0; turn < 4; turn++) await scene.ask({ ...HI, ...person });
    await scene.ask({ ...HI, response_format: format({ $ref: 'https://elsewhere.example/schema' }) });
    expect(scene.lines.filter((line) => /evaluation|unsupported|failed/.test(line))).toEqual([
      'evaluation shape pass',
      'evaluation shape fail (/age must be integer)',
      'attempt-failed 1 invalid_output',
      'evaluation shape unjudged (refusal)',
      'evaluation shape unjudged (length)',
      'validate.unsupported {"place":"answer","reason":"The schema cannot be used: it refers to something that is not in it"}',
      'evaluation shape pass',
    ]);
  });
});

describe('the arguments of functions', () => {
  const weather = {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer', maximum: 7 } },
    required: ['city'],
    additionalProperties: false,
  };
  const tools = [
    { type: 'function', function: { name: 'weather', parameters: weather } },
    { type: 'function', function: { name: 'now' } },
  ];
  const call = (name: string, args: unknown): ScriptedReply => ({ toolCalls: [{ name, arguments: args }] });
  test.each<[what: string, says: ScriptedReply, gets: string, options?: ValidateOptions]>([
    ['are right', call('weather', { city: 'Bern' }), '{"city":"Bern"} tool_calls'],
    [
      'are of another shape',
      call('weather', { city: 'Bern', days: 8 }),
      'invalid_output: The answer is not valid: /days of the arguments of weather must be <= 7',
    ],
    [
      'are not JSON',
      call('weather', 'Bern'),
      'invalid_output: The answer is not valid: the arguments of weather must be JSON',
    ],
    ['are nearly JSON', call('weather', '{"city": "Bern",}'), '{"city": "Bern"} tool_calls (mended)'],
    [
      'are missing where there have to be some',
      call('weather', ''),
      'invalid_output: The answer is not valid: the arguments of weather must have the property "city"',
    ],
    ['are missing where there need be none', call('now', ''), 'tool_calls'],
    ['may be anything', call('now', { zone: 1 }), '{"zone":1} tool_calls'],
    ['are of a function that nobody knows', call('other', { a: 1 }), '{"a":1} tool_calls'],
    ['are left alone', call('weather', { days: 8 }), '{"days":8} tool_calls', { toolArguments: false }],
  ])('%s', async (_, says, gets, options = { repair: 0 }) => {
    expect(await answer({ tools }, [says], options)).toBe(gets);
  });

  test('are not judged where they are cut', async () => {
    await using scene = stage({}, [{ ...call('weather', '{"city":'), finishReason: 'length' }]);
    expect(told(await scene.ask({ ...HI, tools }))).toBe('{"city": length');
    expect(scene.lines).toContain('evaluation tool_arguments unjudged (length)');
  });

  test('are asked for again in the results of the calls', async () => {
    await using scene = stage({}, [
      {
        toolCalls: [
          { name: 'weather', arguments: '{"city": 1' },
          { name: 'now', arguments: {} },
        ],
      },
      call('weather', { city: 'Bern' }),
    ]);
    expect(told(await scene.ask({ ...HI, tools }))).toBe('{"city":"Bern"} tool_calls (asked-again)');
    const messages = messagesOf(scene, 1);
    expect(messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: expect.any(String), type: 'function', function: { name: 'weather', arguments: '{}' } },
          { id: expect.any(String), type: 'function', function: { name: 'now', arguments: '{}' } },
        ],
      },
      {
        role: 'tool',
        tool_call_id: messages[1]?.tool_calls?.[0]?.id,
        content:
          'Error: the arguments are not valid, and the call was not made.\n- /city of the arguments of weather must be string\n' +
          'Make the call again with arguments that keep the schema of the function.',
      },
      {
        role: 'tool',
        tool_call_id: messages[1]?.tool_calls?.[1]?.id,
        content: 'Not done: other arguments of this turn are not valid. Make this call again as well.',
      },
    ]);
  });
});

describe('what is nearly right is put right without the model', () => {
  test.each<[what: string, text: string, gets: string]>([
    ['a code fence', '```json\n{"name":"Ann","age":3}\n```', ANN],
    ['a code fence in prose', 'Here it is:\n```\n{"name":"Ann","age":3}\n```\nAnything else?', ANN],
    ['a code fence in a text', '{"name":"```js```","age":3,}', '{"name":"```js```","age":3}'],
    ['trailing commas', '{"name":"Ann","age":3,}', ANN],
    ['missing braces', '{"name":"Ann","age":3', ANN],
    ['the quotes of Python', "{'name': 'Ann', 'age': 3}", '{"name": "Ann", "age": 3}'],
  ])('%s', async (_, text, gets) => {
    const params = { response_format: format(PERSON) };
    expect(await answer(params, [{ text }])).toBe(`${gets} stop (mended)`);
    expect(await answer({ ...params, stream: true }, [{ text }], { deliver: 'when-valid' })).toBe(
      `${gets} stop (mended)`,
    );
    expect(await answer(params, [{ text }], { repair: false })).toMatch(/^invalid_output/);
  });

  test('and that is said', async () => {
    await using scene = stage({}, [{ text: '{"name":"Ann","age":3,}' }]);
    await scene.ask({ ...HI, response_format: format(PERSON) });
    expect(scene.lines).toContain('evaluation shape pass (mended)');
  });
});

test('the shape of the responses API is judged and asked for as well', async () => {
  const params = {
    model: 'gpt-5',
    input: 'Who?',
    text: { format: { type: 'json_schema', name: 'person', schema: PERSON } },
  };
  const script = [{ text: '{"name":"Ann"}' }, { text: ANN }];
  for (const deliver of ['live', 'when-valid'] as const) {
    for (const stream of [false, true]) {
      await using scene = stage({ deliver }, script);
      const got = await scene.ask({ ...params, stream }, { path: 'responses' });
      if (stream && deliver === 'live') {
        expect(told(got)).toBe(
          'invalid_output: The answer is not valid: the answer must have the property "age"',
        );
        continue;
      }
      expect(got.text.startsWith(ANN)).toBe(true);
      expect(scene.provider.requests[1]?.body).toHaveProperty('input', [
        { role: 'user', content: 'Who?' },
        { role: 'assistant', content: '{"name":"Ann"}' },
        {
          role: 'user',
          content:
            'This answer does not keep what was asked for:\n- the answer must have the property "age"\n' +
            'Answer again, with the whole of the corrected JSON and nothing else.',
        },
      ]);
    }
  }
});

test('looks at the calls that it is told to', async () => {
  const params = { response_format: format(PERSON) };
  expect(await answer(params, [{ text: 'no' }], { shouldValidate: ({ call }) => call.streamed })).toBe(
    'no stop',
  );
});

test('checks its options when it is made, and describes itself', () => {
  const wrong = (options: object): string => {
    try {
      validate(options as ValidateOptions);
      return 'none';
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect([
    wrong({ repair: -1 }),
    wrong({ schema: {} }),
    wrong({ schema: { a: 1 } }),
    wrong({ checks: [{}] }),
    wrong({ deliver: 'later' }),
    wrong({ checkTimeout: 0 }),
    wrong({ onFault: 'maybe' }),
  ]).toEqual(
    [
      'validate: repair must be false or an integer >= 0, got -1',
      'none',
      'validate: schema must be a Standard Schema, or one for each endpoint, got {"a":1}',
      'validate: checks must be a list of checks ({ name, test }), or one for each endpoint, got [{}]',
      "validate: deliver must be one of 'live', 'when-valid', got \"later\"",
      'validate: checkTimeout must be longer than 0, got 0',
      "validate: onFault must be one of 'open' or 'closed', got \"maybe\"",
    ].map((line) => line.replace("'open' or 'closed'", "'open', 'closed'")),
  );
  expect(validate({ checks: { search: [{ name: 'one', test: () => true }] } }).describe?.()).toEqual({
    schema: 'of the request',
    checks: ['one'],
    repair: 1,
    early: true,
    toolArguments: true,
    deliver: 'live',
    checkTimeout: '10s',
    onFault: 'closed',
  });
});

test('a call of which nothing is to be looked at gets the very response of the provider', async () => {
  const given = Response.json({ choices: [] });
  const layer = controlLayer([validate(), provide(FETCH, async () => given)]);
  const ask = (path: string, params: object): Promise<Response> =>
    layer.fetch(`https://api.example/v1/${path}`, { method: 'POST', body: JSON.stringify(params) });
  expect(await ask('chat/completions', HI)).toBe(given);
  expect(await ask('chat/completions', { ...HI, stream: true, tools: [] })).toBe(given);
  expect(await ask('embeddings', { model: 'm', input: 'hi' })).toBe(given);
});
