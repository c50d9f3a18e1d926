import { describe, expect, test } from 'vitest';
import { dataOf, fronts, HELLO } from './front.test-support.ts';
import type { ScriptedReply } from './scripted-reply.ts';

const weather = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};

describe.each(fronts)('chat %s', (_, open) => {
  async function chat(params: object, reply?: ScriptedReply) {
    const { provider, post } = await open(reply ? { script: [reply] } : {});
    await using _closing = provider;
    const response = await post('/chat/completions', { ...HELLO, ...params });
    return JSON.parse(await response.text());
  }

  async function stream(params: object, reply?: ScriptedReply) {
    const { provider, post } = await open(reply ? { script: [reply] } : {});
    await using _closing = provider;
    return await dataOf(await post('/chat/completions', { ...HELLO, stream: true, ...params }));
  }

  test('echoes the last user text, with true usage', async () => {
    expect(await chat({})).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{24}$/),
      object: 'chat.completion',
      created: 1_735_689_600,
      model: 'gpt-5',
      service_tier: 'default',
      system_fingerprint: expect.stringMatching(/^fp_/),
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'You said: hello', refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 1,
        completion_tokens: 4,
        total_tokens: 5,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 0,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
    });
  });

  test('streams one event per token, and usage only when asked', async () => {
    const plain = await stream({});
    const told = await stream({ stream_options: { include_usage: true } });
    const deltas = plain.slice(0, -1).map((data) => JSON.parse(data).choices[0]);
    expect(deltas.map(({ delta, finish_reason }) => delta.content ?? finish_reason)).toEqual([
      '',
      'You',
      ' said',
      ':',
      ' hello',
      'stop',
    ]);
    expect(plain.at(-1)).toBe('[DONE]');
    expect(plain.join()).not.toContain('"usage"');
    expect(told.slice(0, -2).every((data) => JSON.parse(data).usage === null)).toBe(true);
    expect(JSON.parse(told.at(-2) ?? '')).toMatchObject({ choices: [], usage: { total_tokens: 5 } });
  });

  test('numbers its choices and lets them take turns in a stream', async () => {
    const { choices, usage } = await chat({ n: 2 });
    expect(choices.map((choice: { message: { content: string } }) => choice.message.content)).toEqual([
      'You said: hello',
      'You said: hello (2)',
    ]);
    expect(usage.completion_tokens).toBe(4 + 7);
    const indexes = (await stream({ n: 2 })).slice(0, 4).map((data) => JSON.parse(data).choices[0].index);
    expect(indexes).toEqual([0, 1, 0, 1]);
  });

  test.each([
    ['a limit cuts the text', { max_completion_tokens: 2 }, {}, 'You said', 'length'],
    ['the older name of the limit works too', { max_tokens: 3 }, {}, 'You said:', 'length'],
    ['a limit that is just met cuts nothing', { max_tokens: 4 }, {}, 'You said: hello', 'stop'],
    ['a stop word ends the text before it', { stop: [': '] }, {}, 'You said', 'stop'],
    ['thinking uses up the limit', { max_tokens: 2 }, { reasoning: 'Well, now' }, '', 'length'],
    ['the script wins', {}, { text: 'No.', finishReason: 'content_filter' }, 'No.', 'content_filter'],
  ])('%s', async (_name, params, reply, content, finish) => {
    const { choices } = await chat(params, reply);
    expect(choices[0]).toMatchObject({ message: { content }, finish_reason: finish });
  });

  test('answers a schema with an instance of it', async () => {
    const schema = { type: 'object', properties: { sum: { type: 'integer' } }, required: ['sum'] };
    const { choices } = await chat({
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
    });
    expect(JSON.parse(choices[0].message.content)).toEqual({ sum: 1 });
  });

  test.each([
    ['required', { tool_choice: 'required' }, '{"city":"city"}'],
    ['named', { tool_choice: { type: 'function', function: { name: 'weather' } } }, '{"city":"city"}'],
    ['asked for', { messages: [{ role: 'user', content: 'please call weather' }] }, '{"city":"city"}'],
    [
      'asked for with arguments',
      { messages: [{ role: 'user', content: 'call weather {"city":"Bonn"}' }] },
      '{"city":"Bonn"}',
    ],
  ])('calls a tool that is %s', async (_name, params, json) => {
    const { choices } = await chat({ tools: [weather], ...params });
    const call = {
      id: expect.stringMatching(/^call_/),
      type: 'function',
      function: { name: 'weather', arguments: json },
    };
    expect(choices[0]).toMatchObject({
      message: { content: null, tool_calls: [call] },
      finish_reason: 'tool_calls',
    });
  });

  test('calls no tool that nobody asked for, and repeats what a tool said', async () => {
    expect((await chat({ tools: [weather] })).choices[0].message.content).toBe('You said: hello');
    const messages = [
      { role: 'user', content: 'call weather' },
      {
        role: 'assistant',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'weather', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: 'sunny' },
    ];
    const { choices } = await chat({ tools: [weather], tool_choice: 'required', messages });
    expect(choices[0].message.content).toBe('Tool said: sunny');
  });

  test('streams the arguments of a tool call piece by piece', async () => {
    const data = await stream({}, { toolCalls: [{ name: 'weather', arguments: { city: 'Ulm' } }] });
    const calls = data.slice(1, -2).map((line) => JSON.parse(line).choices[0].delta.tool_calls[0]);
    expect(calls[0]).toMatchObject({
      index: 0,
      type: 'function',
      function: { name: 'weather', arguments: '' },
    });
    expect(calls.map((call) => call.function.arguments).join('')).toBe('{"city":"Ulm"}');
  });

  test('counts scripted thinking and scripted usage', async () => {
    const { usage } = await chat({}, { reasoning: 'I see', text: 'Yes', usage: { cachedTokens: 1 } });
    expect(usage).toMatchObject({
      completion_tokens: 3,
      prompt_tokens_details: { cached_tokens: 1 },
      completion_tokens_details: { reasoning_tokens: 2 },
    });
    expect(await chat({}, { omitUsage: true })).not.toHaveProperty('usage');
  });
});
