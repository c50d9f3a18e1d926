import { describe, expect, test } from 'vitest';
import { chat, responses, type Entry } from './index.ts';

const lines = (entries: readonly Entry[] = []): string[] =>
  entries.map(({ speaker = 'kept', group, place }) => `${place} ${speaker} ${group}`);

const chatOf = (...messages: object[]) =>
  chat.conversation?.entries({ model: 'm', messages: messages as never });
const inputOf = (...input: { readonly [key: string]: unknown }[]) =>
  responses.conversation?.entries({ input });

const calls = (...ids: string[]) => ({
  role: 'assistant',
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })),
});
const result = (tool_call_id: string) => ({ role: 'tool', tool_call_id, content: 'r' });

describe('the messages of a chat', () => {
  test('are by themselves, but for calls of tools, which have all their results with them', () => {
    const messages = [
      { role: 'system', content: 's' },
      { role: 'user', content: 'u' },
      calls('a', 'b'),
      result('b'),
      result('a'),
      { role: 'assistant', content: 'done' },
      { role: 'developer', content: 'd' },
    ];
    expect(lines(chatOf(...messages))).toEqual([
      'messages.0 system 0',
      'messages.1 user 1',
      'messages.2 assistant 2',
      'messages.3 tool 2',
      'messages.4 tool 2',
      'messages.5 assistant 5',
      'messages.6 developer 6',
    ]);
  });

  test('with ids that come again belong to the latest call', () => {
    expect(lines(chatOf(calls('a'), result('a'), calls('a'), result('a')))).toEqual([
      'messages.0 assistant 0',
      'messages.1 tool 0',
      'messages.2 assistant 2',
      'messages.3 tool 2',
    ]);
  });

  test('of the older kind go by the name of the function', () => {
    const call = { role: 'assistant', function_call: { name: 'f', arguments: '{}' } };
    expect(lines(chatOf(call, { role: 'function', name: 'f', content: 'r' }))).toEqual([
      'messages.0 assistant 0',
      'messages.1 tool 0',
    ]);
  });

  test('that answer no call, or of a role that nobody knows, are kept', () => {
    expect(lines(chatOf(result('x'), { role: 'constructor', content: 'no' }, 'odd' as never))).toEqual([
      'messages.0 kept 0',
      'messages.1 kept 1',
      'messages.2 kept 2',
    ]);
  });
});

const reasoning = (id: string) => ({ type: 'reasoning', id, summary: [] });
const call = (call_id: string) => ({ type: 'function_call', call_id, name: 'f', arguments: '{}' });
const output = (call_id: string) => ({ type: 'function_call_output', call_id, output: 'r' });
const said = (role: string) => ({ role, content: 't' });

const groups = (entries: readonly Entry[] = []): string => entries.map(({ group }) => group).join(' ');

describe('the items of a response', () => {
  test('are those of steps: reasoning, what it led to, and the outputs', () => {
    const input = [
      said('user'),
      reasoning('r'),
      call('a'),
      call('b'),
      output('a'),
      output('b'),
      said('assistant'),
    ];
    expect(lines(inputOf(...input))).toEqual([
      'input.0 user 0',
      'input.1 assistant 1',
      'input.2 assistant 1',
      'input.3 assistant 1',
      'input.4 tool 1',
      'input.5 tool 1',
      'input.6 assistant 1',
    ]);
  });

  test('a new step begins with the reasoning after an output, or with a call that nothing was reasoned about', () => {
    expect(
      groups(inputOf(reasoning('r'), call('a'), output('a'), reasoning('s'), call('b'), output('b'))),
    ).toBe('0 0 0 3 3 3');
    expect(groups(inputOf(call('a'), output('a'), call('b'), output('b')))).toBe('0 0 2 2');
    expect(groups(inputOf(said('assistant'), call('a'), call('b'), output('b'), output('a')))).toBe(
      '0 0 0 0 0',
    );
  });

  test('calls whose outputs stand between them keep the reasoning that led to them', () => {
    expect(groups(inputOf(reasoning('r'), call('a'), output('a'), call('b'), output('b')))).toBe('0 0 0 0 0');
  });

  test('what a user says ends a step, and what is not understood belongs to it', () => {
    expect(groups(inputOf(reasoning('r'), said('assistant'), said('user'), said('assistant')))).toBe(
      '0 0 2 3',
    );
    const odd = { type: 'future_item', role: 'user' };
    expect(lines(inputOf(call('a'), odd, call('b')))).toEqual([
      'input.0 assistant 0',
      'input.1 kept 0',
      'input.2 assistant 0',
    ]);
    expect(lines(inputOf(said('user'), odd, call('b')))).toEqual([
      'input.0 user 0',
      'input.1 kept 1',
      'input.2 assistant 2',
    ]);
  });

  test('approvals belong to what they approve', () => {
    const request = { type: 'mcp_approval_request', id: 'm', name: 'f' };
    const response = { type: 'mcp_approval_response', approval_request_id: 'm', approve: true };
    expect(lines(inputOf(request, response))).toEqual(['input.0 assistant 0', 'input.1 tool 0']);
  });

  test('that refer to what the provider keeps, or that nobody knows, are kept', () => {
    const input = [
      output('elsewhere'),
      { type: 'item_reference', id: 'rs_1' },
      call('a'),
      { type: 'compaction' },
    ];
    expect(lines(inputOf(...input))).toEqual([
      'input.0 kept 0',
      'input.1 kept 1',
      'input.2 assistant 1',
      'input.3 kept 1',
    ]);
  });

  test('a text alone is what the user says', () => {
    const { conversation } = responses;
    const entries = conversation?.entries({ input: 'hello' }) ?? [];
    expect(lines(entries)).toEqual(['input user 0']);
    const values = entries.map(({ value }) => value);
    expect(conversation?.withEntries({ input: 'x', store: false }, values)).toEqual({
      input: 'hello',
      store: false,
    });
    expect(conversation?.withEntries({ input: 'x' }, [...values, said('assistant')])).toEqual({
      input: [{ type: 'message', role: 'user', content: 'hello' }, said('assistant')],
    });
  });
});

describe('a conversation', () => {
  test('takes the output of a tool for another text, where it is one of text', () => {
    expect(chat.conversation?.withOutput(result('a'), 'gone')).toEqual({ ...result('a'), content: 'gone' });
    expect(responses.conversation?.withOutput(output('a'), 'gone')).toEqual({
      ...output('a'),
      output: 'gone',
    });
    for (const value of [said('user'), { type: 'computer_call_output', output: {} }, 'x']) {
      expect(responses.conversation?.withOutput(value, 'gone')).toBe(value);
    }
    expect(chat.conversation?.withOutput(said('user'), 'gone')).toEqual(said('user'));
  });

  test('says what it is told to', () => {
    expect(chat.conversation?.say('system', 'hi')).toEqual({ role: 'system', content: 'hi' });
    expect(responses.conversation?.say('user', 'hi')).toEqual({
      type: 'message',
      role: 'user',
      content: 'hi',
    });
  });

  test('without instructions has them said by the user, and never the other way round', () => {
    const chatParams = { model: 'm', messages: [said('developer'), said('user'), said('system')] };
    expect(chat.conversation?.withoutInstructions(chatParams).messages).toEqual([
      said('user'),
      said('user'),
      said('user'),
    ]);
    const { conversation } = responses;
    expect(conversation?.withoutInstructions({ model: 'm', instructions: 'be kind', input: 'hi' })).toEqual({
      model: 'm',
      input: [
        { type: 'message', role: 'user', content: 'be kind' },
        { type: 'message', role: 'user', content: 'hi' },
      ],
    });
    expect(conversation?.withoutInstructions({ input: [said('system')] })).toEqual({ input: [said('user')] });
    for (const params of [{ input: 'hi' }, { input: [said('user')] }, {}]) {
      expect(conversation?.withoutInstructions(params)).toBe(params);
    }
    const none = { model: 'm', messages: [said('user')] };
    expect(chat.conversation?.withoutInstructions(none)).toBe(none);
  });
});
