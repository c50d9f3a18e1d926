import { describe, expect, test } from 'vitest';
import { chat } from './chat.ts';
import { choiceOf } from './choice-of.ts';
import { responses, type ResponsesParams } from './responses.ts';
import type { Shapes } from './operation.ts';

const SCHEMA = { type: 'object' };
const asked = (params: object): unknown => shown(chat.shapes?.({ model: 'm', messages: [], ...params }));
const answered = (params: ResponsesParams): unknown => shown(responses.shapes?.(params));

function shown(shapes: Shapes | undefined): unknown {
  return { ...shapes, ...(shapes?.functions && { functions: [...shapes.functions] }) };
}

describe('the shapes that a request asks for', () => {
  test.each([
    ['nothing', {}, {}],
    ['text', { response_format: { type: 'text' } }, {}],
    ['JSON', { response_format: { type: 'json_object' } }, { answer: { kind: 'json' } }],
    [
      'a schema',
      { response_format: { type: 'json_schema', json_schema: { name: 'a', schema: SCHEMA } } },
      { answer: { kind: 'schema', schema: SCHEMA } },
    ],
    [
      'a name without a schema',
      { response_format: { type: 'json_schema', json_schema: { name: 'a' } } },
      { answer: { kind: 'json' } },
    ],
    [
      'functions, among other tools',
      {
        tools: [
          { type: 'function', function: { name: 'f', parameters: SCHEMA } },
          { type: 'custom', custom: { name: 'c' } },
          { type: 'function', function: { name: 'g' } },
        ],
        functions: [{ name: 'h', parameters: { type: 'null' } }],
      },
      {
        functions: [
          ['f', SCHEMA],
          ['g', undefined],
          ['h', { type: 'null' }],
        ],
      },
    ],
    ['something else', { response_format: 7, tools: 'none' }, {}],
  ])('of chat: %s', (_, params, shapes) => expect(asked(params)).toEqual(shapes));

  test.each([
    ['nothing', {}, {}],
    ['JSON', { text: { format: { type: 'json_object' } } }, { answer: { kind: 'json' } }],
    [
      'a schema',
      { text: { format: { type: 'json_schema', name: 'a', schema: SCHEMA } } },
      { answer: { kind: 'schema', schema: SCHEMA } },
    ],
    [
      'functions, also in namespaces',
      {
        tools: [
          { type: 'function', name: 'f', parameters: SCHEMA },
          { type: 'web_search' },
          { type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'g', parameters: null }] },
        ],
      },
      {
        functions: [
          ['f', SCHEMA],
          ['g', undefined],
        ],
      },
    ],
  ])('of responses: %s', (_, params, shapes) => expect(answered(params)).toEqual(shapes));
});

describe('one more turn', () => {
  const call = { callId: 'c1', name: 'f', arguments: '{}', result: 'no' };

  test('of chat', () => {
    const params = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
    expect(chat.followUp?.(params, { text: 'a', calls: [], reply: 'b' }).messages.slice(1)).toEqual([
      { role: 'assistant', content: 'a' },
      { role: 'user', content: 'b' },
    ]);
    expect(chat.followUp?.(params, { calls: [call] }).messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'no' },
    ]);
    expect(
      chat.followUp?.(params, { calls: [{ name: 'f', arguments: '{}', result: 'no' }] }).messages.slice(1),
    ).toEqual([
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: 'no' },
    ]);
    expect(chat.followUp?.(params, { calls: [], reply: 'b' }).messages.slice(1)).toEqual([
      { role: 'user', content: 'b' },
    ]);
    expect(params.messages).toHaveLength(1);
  });

  test('of responses', () => {
    expect(responses.followUp?.({ input: 'hi' }, { text: 'a', calls: [call], reply: 'b' }).input).toEqual([
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'a' },
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: 'no' },
      { role: 'user', content: 'b' },
    ]);
    expect(responses.followUp?.({ input: [{ role: 'user' }] }, { text: 'a', calls: [] }).input).toEqual([
      { role: 'user' },
      { role: 'assistant', content: 'a' },
    ]);
  });

  test('of responses: a stored conversation has the answer already', () => {
    const params = { input: 'hi', conversation: 'conv_1' };
    expect(responses.followUp?.(params, { text: 'a', calls: [call], reply: 'b' }).input).toEqual([
      { type: 'function_call_output', call_id: 'c1', output: 'no' },
      { role: 'user', content: 'b' },
    ]);
  });
});

describe('the calls that a reply begins', () => {
  test('of chat, streamed and whole', () => {
    const start = { index: 1, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } };
    const event = (delta: object, index = 0): unknown => ({
      choices: [{ index, delta, finish_reason: null }],
    });
    const begun = { channel: 'choice:2:tool:1:arguments', name: 'f', callId: 'c1' };
    expect(chat.inspectEvent(event({ tool_calls: [start] }, 2)).calls).toEqual([begun]);
    expect(
      chat.inspectEvent(event({ tool_calls: [{ index: 1, function: { arguments: '{' } }] })).calls,
    ).toBeUndefined();
    expect(chat.inspectEvent(event({ function_call: { name: 'g', arguments: '' } })).calls).toEqual([
      { channel: 'choice:0:function:arguments', name: 'g' },
    ]);
    expect(
      chat.inspectBody({
        choices: [{ index: 2, message: { tool_calls: [{}, { ...start, index: undefined }] } }],
      }).calls,
    ).toEqual([begun]);
  });

  test('of responses, streamed and whole', () => {
    const item = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '' };
    const begun = { channel: 'output:1:arguments', name: 'f', callId: 'c1' };
    expect(
      responses.inspectEvent({ type: 'response.output_item.added', output_index: 1, item }).calls,
    ).toEqual([begun]);
    expect(
      responses.inspectBody({ status: 'completed', output: [{ type: 'reasoning' }, item] }).calls,
    ).toEqual([begun]);
  });

  test('and the choices that finish have their numbers', () => {
    const choices = [
      { index: 3, delta: {}, finish_reason: 'length' },
      { index: 1, delta: {} },
    ];
    expect(chat.inspectEvent({ choices })).toMatchObject({ finishReasons: ['length'], finishedChoices: [3] });
    expect([choiceOf({ id: 'choice:12:tool:3:arguments' }), choiceOf({ id: 'output:1:text:0' })]).toEqual([
      12, 0,
    ]);
  });
});
