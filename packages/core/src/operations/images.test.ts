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

test('the prompt is reached, and the names of files in a form, which stay what they are', async () => {
  const image = new File(['pixels'], 'ann.png', { type: 'image/png', lastModified: 1 });
  const params = { prompt: 'a cat', image, 'image[]': [image], mask: image, size: 'auto' };
  expect(places(images, params)).toEqual([
    'prompt: a cat',
    'image.name: ann.png',
    'image[].0.name: ann.png',
    'mask.name: ann.png',
  ]);
  const { image: mapped } = images.mapInput(params, (text) => text.replace('ann', 'x'));
  const { name, type, lastModified } = mapped as File;
  expect([name, type, lastModified, await (mapped as File).text()]).toEqual([
    'x.png',
    'image/png',
    1,
    'pixels',
  ]);
  expect(images.mapInput(params, (text) => text)).toBe(params);
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
