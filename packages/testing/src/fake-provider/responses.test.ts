import { describe, expect, test } from 'vitest';
import { dataOf, fronts } from './front.test-support.ts';
import type { ScriptedReply } from './scripted-reply.ts';

describe.each(fronts)('responses %s', (_, open) => {
  async function respond(params: object, reply: ScriptedReply = {}) {
    const { provider, post } = await open({ script: [reply] });
    await using _closing = provider;
    const response = await post('/responses', { model: 'gpt-5', input: 'hello', ...params });
    return JSON.parse(await response.text());
  }

  async function events(params: object, reply: ScriptedReply = {}) {
    const { provider, post } = await open({ script: [reply], tokensPerChunk: 100 });
    await using _closing = provider;
    const response = await post('/responses', { model: 'gpt-5', input: 'hello', stream: true, ...params });
    return (await dataOf(response)).map((data) => JSON.parse(data));
  }

  test('answers a string, a list of items, and the results of tools', async () => {
    const text = (response: { output: { content: { text: string }[] }[] }) =>
      response.output[0]?.content[0]?.text;
    const parts = [
      { type: 'input_text', text: 'good ' },
      { type: 'input_text', text: 'day' },
    ];
    const result = { type: 'function_call_output', call_id: 'c', output: '42' };
    expect(text(await respond({}))).toBe('You said: hello');
    expect(text(await respond({ input: [{ role: 'user', content: parts }] }))).toBe('You said: good day');
    expect(text(await respond({ input: [{ role: 'user', content: 'add' }, result] }))).toBe('Tool said: 42');
  });

  test('reports true usage, instructions included', async () => {
    const { usage } = await respond({ instructions: 'be brief' }, { reasoning: 'hm' });
    expect(usage).toEqual({
      input_tokens: 3,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 1 },
      total_tokens: 8,
    });
  });

  test('plays thinking, text and a tool call in the order of the real API', async () => {
    const reply = {
      reasoning: 'Let me see',
      text: 'Done.',
      toolCalls: [{ name: 'add', arguments: { a: 1 } }],
    };
    const told = await events({}, reply);
    expect(told.map(({ type, delta }) => (delta === undefined ? type : `${type} ${delta}`))).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta Let me see',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta Done.',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.function_call_arguments.delta {"a":1}',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(told.map((event) => event.sequence_number)).toEqual(told.map((_event, index) => index));
    expect(told.at(-1).response.output.map((item: { type: string }) => item.type)).toEqual([
      'reasoning',
      'message',
      'function_call',
    ]);
  });

  test.each([
    ['a limit', { max_output_tokens: 2 }, {}, 'incomplete', { reason: 'max_output_tokens' }],
    ['a filter', {}, { finishReason: 'content_filter' }, 'incomplete', { reason: 'content_filter' }],
    ['a failure', {}, { failed: { code: 'server_error', message: 'boom' } }, 'failed', null],
    ['nothing special', {}, {}, 'completed', null],
  ])('ends the same way whole and streamed: %s', async (_name, params, reply, status, incomplete_details) => {
    const whole = await respond(params, reply);
    const last = (await events(params, reply)).at(-1);
    expect(whole).toMatchObject({ status, incomplete_details });
    expect(last.type).toBe(`response.${status}`);
    // The ids differ with the body of the request, which says `stream`.
    const bare = (response: object) => JSON.stringify(response).replace(/_[0-9a-f]{24}/g, '');
    expect(bare(last.response)).toBe(bare(whole));
  });

  test('streams a refusal as a refusal', async () => {
    const told = await events({}, { refusal: 'I will not.' });
    expect(told.map((event) => event.type)).toContain('response.refusal.delta');
    expect(told.at(-1).response.output[0].content).toEqual([{ type: 'refusal', refusal: 'I will not.' }]);
  });

  test('answers a text format with an instance of its schema', async () => {
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } } };
    const { output } = await respond({ text: { format: { type: 'json_schema', name: 'x', schema } } });
    expect(JSON.parse(output[0].content[0].text)).toEqual({ ok: true });
  });
});
