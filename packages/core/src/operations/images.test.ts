import { expect, test } from 'vitest';
import { images } from './images.ts';
import { inputLaws, places, transforms } from './laws.test-support.ts';

const wireUsage = {
  input_tokens: 5,
  output_tokens: 100,
  total_tokens: 105,
  input_tokens_details: { text_tokens: 5 },
};
const usage = { inputTokens: 5, outputTokens: 100, totalTokens: 105 };
const look = { background: 'opaque', output_format: 'png', quality: 'low', size: '1024x1024' };

inputLaws(images, { model: 'gpt-image-1', prompt: 'a cat', image: ['file'], user: 'u' });

test('the prompt is reached, files and names of files are not', () => {
  expect(places(images, { prompt: 'a cat', image: ['file'], size: 'auto' })).toEqual(['prompt: a cat']);
});

test('partial images are content, the last event ends the stream and brings usage', () => {
  const partial = {
    type: 'image_generation.partial_image',
    b64_json: 'AA',
    partial_image_index: 0,
    created_at: 1,
    ...look,
  };
  const last = {
    type: 'image_generation.completed',
    b64_json: 'AAAA',
    created_at: 1,
    usage: wireUsage,
    ...look,
  };
  const completion = images.completion();
  completion.event(partial);
  expect(completion.whole).toBe(false);
  completion.event(last);
  expect(completion.whole).toBe(true);
  expect([partial, last].map((event) => images.inspectEvent(event))).toEqual([
    { pieces: [], content: true, terminal: false },
    { pieces: [], content: true, terminal: true, usage },
  ]);
  expect(images.assemble([partial, last])).toEqual({
    created: 1,
    data: [{ b64_json: 'AAAA' }],
    usage: wireUsage,
    ...look,
  });
  expect(images.assemble([partial])).toBe(undefined);
});

test('a prompt that the model revised is its text', () => {
  const body = {
    created: 1,
    data: [{ url: 'https://a' }, { url: 'https://b', revised_prompt: 'a red cat' }],
  };
  expect(images.inspectBody({ ...body, usage: wireUsage })).toEqual({
    pieces: [{ id: 'image:1:prompt', kind: 'content', text: 'a red cat' }],
    content: true,
    terminal: true,
    usage,
  });
  const rewriter = images.rewriter(transforms['one that changes every letter']!.open);
  expect(rewriter.body(body)).toEqual({
    created: 1,
    data: [{ url: 'https://a' }, { url: 'https://b', revised_prompt: 'A RED CAT' }],
  });
  expect(rewriter.body({ created: 1, data: [{ url: 'https://a' }] })).toEqual({
    created: 1,
    data: [{ url: 'https://a' }],
  });
});

test('an error inside a stream is found', () => {
  const error = { code: 'moderation_blocked' };
  expect(images.inspectEvent({ type: 'error', error })).toMatchObject({
    error,
    terminal: false,
    content: false,
  });
});
