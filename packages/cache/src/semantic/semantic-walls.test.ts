import { refusalOf, tagHeaders } from '@interpose/core';
import { describe, expect, test } from 'vitest';
import { answer, told } from '../cache.test-support.ts';
import { SYSTEM, semanticStack, type AskInit } from './semantic.test-support.ts';

const FIRST = 'How do I cancel my order?';
const SIMILAR = 'How can I cancel an order?';

/** How a similar question is answered after one with these params, when it has those. */
async function after(
  [first, firstInit]: readonly [object, (AskInit | undefined)?],
  [second, secondInit]: readonly [object, (AskInit | undefined)?],
  options: object = {},
): Promise<string> {
  const { ask } = semanticStack([answer('one'), answer('two')], { when: 'always', ...options });
  await told(ask(FIRST, first, firstInit));
  return (await told(ask(SIMILAR, second, secondInit))).replace(/ \d+:/, ':');
}

function turns(text: string, ...earlier: object[]): { messages: object[] } {
  return { messages: [SYSTEM, ...earlier, { role: 'user', content: text }] };
}

const EARLIER = [
  { role: 'user', content: 'hello' },
  { role: 'assistant', content: 'hello back' },
];
const TOOL = { type: 'function', function: { name: 'f' } };

describe('a similar question is another one', () => {
  test.each<[string, object, AskInit?]>([
    ['to another model', { model: 'gpt-4o' }],
    ['with another system text', { messages: [{ role: 'system', content: 'x' }, ask(SIMILAR)] }],
    ['without a system text', { messages: [ask(SIMILAR)] }],
    ['after other turns', turns(SIMILAR, ...EARLIER)],
    ['with tools', { tools: [TOOL] }],
    ['in another format', { response_format: { type: 'json_object' } }],
    ['at another temperature', { temperature: 1 }],
    ['with more choices', { n: 2 }],
    ['with a param that nobody knows', { new_in_2030: true }],
    ['of a user who has a name', { messages: [SYSTEM, { ...ask(SIMILAR), name: 'bob' }] }],
    ['with another credential', {}, { headers: { authorization: 'Bearer other' } }],
    ['of another organisation', {}, { headers: { 'openai-organization': 'org' } }],
    ['at another place', {}, { path: '/gateway/chat/completions' }],
  ])('%s', async (_, params, init) => {
    expect(await after([{}], [params, init])).toBe('200 miss: two');
  });
});

function ask(content: string): object {
  return { role: 'user', content };
}

describe('a similar question is the same one', () => {
  test.each<[string, object, AskInit?]>([
    ['of another user of the tenant', { user: 'bob', safety_identifier: 'x', metadata: { a: '1' } }],
    ['in a stream', { stream: true }],
    ['with another request id', {}, { headers: { 'x-request-id': '7', 'idempotency-key': '8' } }],
  ])('%s', async (_, params, init) => {
    expect(await after([{}], [params, init])).toMatch(/^200 semantic: one/);
  });

  test('after the same turns', async () => {
    expect(await after([turns(FIRST, ...EARLIER)], [turns(SIMILAR, ...EARLIER)])).toBe('200 semantic: one');
  });

  test('with another credential, where that is not to make a difference', async () => {
    const other = { headers: { authorization: 'Bearer other' } };
    expect(await after([{}], [{}, other], { perCredential: false })).toBe('200 semantic: one');
  });
});

describe('tenants', () => {
  const of = (tenant: string): AskInit => ({ headers: tagHeaders({ tenant }) });

  test('see nothing of one another', async () => {
    expect(await after([{}, of('a')], [{}, of('b')])).toBe('200 miss: two');
    expect(await after([{}, of('a')], [{}, of('a')])).toBe('200 semantic: one');
  });

  test('are parted by a function as well', async () => {
    const partition = ({ call }: { call: { tags: Record<string, string> } }): string =>
      call.tags['region'] ?? '';
    const at = (region: string): AskInit => ({ headers: tagHeaders({ region }) });
    expect(await after([{}, at('eu')], [{}, at('us')], { partition })).toBe('200 miss: two');
    expect(await after([{}, at('eu')], [{}, at('eu')], { partition })).toBe('200 semantic: one');
  });

  test('are named from the first one on, or the call is refused', async () => {
    const stack = semanticStack([answer('one')]);
    await told(stack.ask(FIRST, {}, of('a')));
    const { headers } = await stack.ask(SIMILAR);
    expect([refusalOf(headers)?.code, stack.embedded.length]).toEqual(['cache_partition_missing', 1]);
  });
});

describe('other operations', () => {
  const whole = (text: string): object => ({
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    model: 'gpt-4o-mini',
    output: [
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text, annotations: [] }] },
    ],
    usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
  });
  const completed = {
    id: 'cmpl',
    object: 'text_completion',
    choices: [{ index: 0, text: 'so', finish_reason: 'stop' }],
  };

  test.each<[string, string, object, (text: string) => object]>([
    ['responses, a text', '/responses', whole('so'), (text) => ({ input: text })],
    ['responses, a turn', '/responses', whole('so'), (text) => ({ input: [ask(text)] })],
    [
      'responses, a part',
      '/responses',
      whole('so'),
      (text) => ({ input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text }] }] }),
    ],
    [
      'chat, a part',
      '/chat/completions',
      answer('so'),
      (text) => ({ messages: [{ role: 'user', content: [{ type: 'text', text }] }] }),
    ],
    ['completions', '/completions', completed, (text) => ({ prompt: text })],
  ])('%s', async (_, path, body, params) => {
    const stack = semanticStack([body]);
    await (await stack.ask(FIRST, { messages: undefined, ...params(FIRST) }, { path })).text();
    const similar = await stack.ask(SIMILAR, { messages: undefined, ...params(SIMILAR) }, { path });
    expect(similar.headers.get('x-interpose-cache')).toBe('semantic');
    expect(await similar.json()).toEqual(body);
    expect(stack.embedded.map(({ url }) => url)).toEqual(
      Array(2).fill('https://api.openai.com/v1/embeddings'),
    );
  });
});

describe('is left alone', () => {
  const image = { type: 'image_url', image_url: { url: 'data:,' } };
  test.each<[string, object, AskInit?]>([
    [
      'a question with an image',
      { messages: [{ role: 'user', content: [{ type: 'text', text: FIRST }, image] }] },
    ],
    ['an image alone', { messages: [{ role: 'user', content: [image] }] }],
    ['the result of a tool', { messages: [{ role: 'tool', tool_call_id: '1', content: FIRST }] }],
    ['a turn of the assistant to be continued', { messages: [{ role: 'assistant', content: FIRST }] }],
    ['an empty question', { messages: [{ role: 'user', content: ' \n' }] }],
    ['a question of nothing', { messages: [{ role: 'user', content: null }] }],
    ['a request without turns', { messages: [] }],
    ['a question that is too long', { messages: [{ role: 'user', content: 'x'.repeat(1001) }] }],
    ['what is not deterministic', { temperature: 1 }],
    [
      'the output of a tool',
      { input: [{ type: 'function_call_output', call_id: '1', output: FIRST }] },
      { path: '/responses' },
    ],
    ['several prompts', { prompt: [FIRST, SIMILAR] }, { path: '/completions' }],
    ['a moderation', { input: FIRST }, { path: '/moderations' }],
  ])('%s', async (_, params, init) => {
    const stack = semanticStack([answer('one'), answer('two')]);
    for (let time = 0; time < 2; time++) {
      const response = await stack.ask(FIRST, params, init);
      expect(response.headers.get('x-interpose-cache')).toBe(null);
      await response.text();
    }
    expect([stack.embedded.length, stack.calls.length]).toEqual([0, 2]);
  });
});
