import { expect, test } from 'vitest';
import { inputLaws, places } from './laws.test-support.ts';
import { moderations, type ModerationsParams } from './moderations.ts';

const params: ModerationsParams = {
  model: 'omni-moderation-latest',
  input: [
    { type: 'text', text: 'a' },
    { type: 'image_url', image_url: { url: 'https://example.test/a.png' } },
  ],
};

inputLaws(moderations, params);

test('texts are reached in every form of input', () => {
  expect(places(moderations, params)).toEqual(['input.0.text: a']);
  expect(places(moderations, { input: 'a' })).toEqual(['input: a']);
  expect(places(moderations, { input: ['a', 'b'] })).toEqual(['input.0: a', 'input.1: b']);
});

test('a body is whole by being read', () => {
  expect(moderations.inspectBody({ id: 'modr-1', model: 'm', results: [{ flagged: false }] })).toEqual({
    pieces: [],
    content: true,
    terminal: true,
    id: 'modr-1',
    model: 'm',
  });
});
