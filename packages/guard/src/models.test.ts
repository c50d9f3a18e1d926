import { expect, test } from 'vitest';
import { chatWith, sentBy, verdict } from './guard.test-support.ts';

const models = ['gpt-4o', 'gpt-4o-mini*', 'openai/*-nano'];

test.each([
  ['gpt-4o', 'sent'],
  ['gpt-4o-mini', 'sent'],
  ['gpt-4o-mini-2024-07-18', 'sent'],
  ['openai/gpt-4.1-nano', 'sent'],
  ['gpt-4o-2024-08-06', 'models model: gpt-4o-2024-08-06, gpt-4o, gpt-4o-mini* or openai/*-nano'],
  ['GPT-4O', 'models model: GPT-4O, gpt-4o, gpt-4o-mini* or openai/*-nano'],
  ['my secret: 42', 'models model: a text of 13 characters, gpt-4o, gpt-4o-mini* or openai/*-nano'],
])('a call to %s: %s', async (model, expected) => {
  expect(await verdict({ models }, { params: { model } })).toBe(expected);
});

test('a call that names no model is not one to an allowed model', async () => {
  expect(await verdict({ models: ['gpt-4o'] }, { params: { model: undefined } })).toBe(
    'models model: null, gpt-4o',
  );
});

test('lists go by endpoint, and an endpoint without a list is allowed none', async () => {
  const byEndpoint = { search: ['gpt-4o-mini'], default: ['gpt-4o'] };
  const ask = (endpoint: string | undefined, model: string, allowed: object = byEndpoint): Promise<string> =>
    verdict({ models: allowed as never }, { params: { model }, tags: endpoint ? { endpoint } : {} });
  expect(await ask('search', 'gpt-4o-mini')).toBe('sent');
  expect(await ask('search', 'gpt-4o')).toBe('models model: gpt-4o, gpt-4o-mini');
  expect(await ask('other', 'gpt-4o')).toBe('sent');
  expect(await ask(undefined, 'gpt-4o')).toBe('sent');
  expect(await ask('other', 'gpt-4o', { search: ['*'] })).toBe(
    'models model: gpt-4o, none for this endpoint',
  );
  expect(await ask('toString', 'gpt-4o', { search: ['*'] })).toBe(
    'models model: gpt-4o, none for this endpoint',
  );
});

test('a model that is not allowed gives way to the first name of its list', async () => {
  const options = {
    models: { search: ['gpt-4o-mini*', 'gpt-4o-mini'], default: ['gpt-4o'] },
    action: 'fix',
  } as const;
  expect(await sentBy(options, { params: { model: 'o3' }, tags: { endpoint: 'search' } })).toEqual(
    chatWith({ model: 'gpt-4o-mini' }),
  );
  expect(await sentBy(options, { params: { model: 'o3' } })).toEqual(chatWith({ model: 'gpt-4o' }));
});

test('holds for operations of all kinds', async () => {
  const all = ['responses', 'completions', 'embeddings', 'images', 'audio'];
  expect(await Promise.all(all.map((operation) => verdict({ models: ['x'] }, { operation })))).toEqual([
    'models model: gpt-4o, x',
    'models model: gpt-3.5-turbo-instruct, x',
    'models model: text-embedding-3-small, x',
    'models model: gpt-image-1, x',
    'models model: gpt-4o-mini-tts, x',
  ]);
});
