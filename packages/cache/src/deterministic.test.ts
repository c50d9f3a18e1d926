import { callOf } from '@interpose/testing';
import { expect, test } from 'vitest';
import { isDeterministic } from './index.ts';

const tool = (type: string): object => ({ tools: [{ type }] });

test('says of which calls the answer may be given again', () => {
  const cases: [operation: string, params: object, deterministic: boolean][] = [
    ['embeddings', {}, true],
    ['moderations', {}, true],
    ['images', {}, false],
    ['audio', {}, false],
    ['chat', {}, false],
    ['chat', { temperature: 0 }, true],
    ['chat', { temperature: 0.1 }, false],
    ['chat', { temperature: null }, false],
    ['chat', { seed: 0 }, true],
    ['chat', { seed: null }, false],
    ['chat', { model: 'o3', reasoning_effort: 'low' }, false],
    ['chat', { temperature: 0, ...tool('function') }, true],
    ['chat', { temperature: 0, ...tool('custom') }, true],
    ['chat', { temperature: 0, web_search_options: {} }, false],
    ['completions', { temperature: 0 }, true],
    ['responses', { temperature: 0 }, true],
    ['responses', {}, false],
    ['responses', { temperature: 0, ...tool('function') }, true],
    ['responses', { temperature: 0, ...tool('web_search') }, false],
    ['responses', { temperature: 0, ...tool('mcp') }, false],
    ['responses', { temperature: 0, background: true }, false],
    ['responses', { temperature: 0, conversation: 'conv_1' }, false],
    ['responses', { temperature: 0, prompt: { id: 'pmpt_1' } }, false],
    ['responses', { temperature: 0, previous_response_id: 'resp_1' }, true],
  ];
  const said = cases.map(([operation, params]) => [
    operation,
    params,
    isDeterministic(callOf({ operation, params: params as Record<string, unknown> })),
  ]);
  expect(said).toEqual(cases);
});
