import { expect, test } from 'vitest';
import { channelFormat } from './channel-format.ts';
import { chat } from './chat.ts';
import type { Channel } from './operation.ts';
import { responses } from './responses.ts';

test('the arguments of functions are JSON, and content where the request asks for it', () => {
  const seen: Channel[] = [];
  const open = (channel: Channel) => (seen.push(channel), { push: (text: string) => text, end: () => '' });
  const calls = [
    { function: { name: 'f', arguments: '{}' } },
    { type: 'custom', custom: { name: 'g', input: 'x' } },
  ];
  chat.rewriter(open).body({ choices: [{ message: { content: 'a', refusal: 'b', tool_calls: calls } }] });
  responses.rewriter(open).body({
    output: [
      { type: 'function_call', arguments: '{}' },
      { type: 'code_interpreter_call', code: '1' },
      { type: 'message', content: [{ type: 'output_text', text: 'a' }] },
    ],
  });
  const formats = (params: object) => seen.map((one) => `${one.id} ${channelFormat(one, { ...params })}`);
  expect(formats({})).toEqual([
    'choice:0:content text',
    'choice:0:refusal text',
    'choice:0:tool:0:arguments json',
    'choice:0:tool:1:input text',
    'output:0:arguments json',
    'output:1:code text',
    'output:2:text:0 text',
  ]);
  const json = ['choice:0:content json', 'output:2:text:0 json'];
  expect(formats({ response_format: { type: 'json_object' } })).toEqual(expect.arrayContaining(json));
  expect(formats({ text: { format: { type: 'json_schema' } } })).toEqual(expect.arrayContaining(json));
  expect(formats({ text: { format: { type: 'text' } } })).not.toEqual(expect.arrayContaining(json));
});
