import { expect, test } from 'vitest';
import { embeddings, type EmbeddingsParams } from './embeddings.ts';
import { inputLaws, places } from './laws.test-support.ts';

const params: EmbeddingsParams = {
  model: 'text-embedding-3-small',
  input: ['a', 'b'],
  dimensions: 8,
  user: 'u',
};

inputLaws(embeddings, params);

test('texts are reached and token numbers left alone', () => {
  expect(places(embeddings, params)).toEqual(['input.0: a', 'input.1: b', 'user: u']);
  expect(places(embeddings, { model: 'm', input: 'a' })).toEqual(['input: a']);
  expect(places(embeddings, { model: 'm', input: [[1, 2], [3]] })).toEqual([]);
});

test('a body is whole by being read, and its vectors are content', () => {
  const usage = { prompt_tokens: 5, total_tokens: 5 };
  const data = [{ object: 'embedding', index: 0, embedding: 'AAAA' }];
  expect(embeddings.inspectBody({ object: 'list', model: 'm', data, usage })).toEqual({
    pieces: [],
    content: true,
    terminal: true,
    model: 'm',
    usage: { inputTokens: 5, outputTokens: 0, totalTokens: 5 },
  });
  expect(embeddings.completion().whole).toBe(true);
});

test('there is no limit to set, no text to rewrite and no stream to play', () => {
  const body = { data: [] };
  const rewriter = embeddings.rewriter(() => {
    throw new Error('nothing to open');
  });
  expect(embeddings.withOutputLimit(params, 5)).toBe(params);
  expect(rewriter.body(body)).toBe(body);
  expect(embeddings.playback(body)).toEqual([]);
  expect(embeddings.assemble([body])).toBe(undefined);
});
