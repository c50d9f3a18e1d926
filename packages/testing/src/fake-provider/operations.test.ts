import { describe, expect, test } from 'vitest';
import { dataOf, fronts } from './front.test-support.ts';

describe.each(fronts)('other operations %s', (_, open) => {
  async function ask(path: string, body: unknown) {
    const { provider, post } = await open();
    await using _closing = provider;
    const response = await post(path, body);
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      bytes: await response.bytes(),
    };
  }
  const json = async (path: string, body: unknown) =>
    JSON.parse(Buffer.from((await ask(path, body)).bytes).toString());

  test('embeddings are unit vectors, the same in both encodings', async () => {
    const request = { model: 'text-embedding-3-small', input: ['a', 'b'], dimensions: 8 };
    const floats = (await json('/embeddings', request)).data.map(
      (one: { embedding: number[] }) => one.embedding,
    );
    const coded = (await json('/embeddings', { ...request, encoding_format: 'base64' })).data;
    const bytes = Buffer.from(coded[1].embedding, 'base64');
    expect(Array.from({ length: 8 }, (_value, at) => bytes.readFloatLE(at * 4))).toEqual(floats[1]);
    expect(Math.hypot(...floats[0])).toBeCloseTo(1, 6);
    expect(floats[0]).not.toEqual(floats[1]);
  });

  test.each([
    ['a string', 'two words', 1, 2],
    ['strings', ['two words', 'three more words'], 2, 5],
    ['tokens', [1, 2, 3], 1, 3],
    ['lists of tokens', [[1, 2], [3]], 2, 3],
  ])('embeddings take %s', async (_name, input, vectors, tokens) => {
    const { data, usage } = await json('/embeddings', { model: 'text-embedding-3-large', input });
    expect(data).toHaveLength(vectors);
    expect(data[0].embedding).toHaveLength(3072);
    expect(usage).toEqual({ prompt_tokens: tokens, total_tokens: tokens });
  });

  test('legacy completions continue each prompt, whole and streamed', async () => {
    const request = { model: 'gpt-3.5-turbo-instruct', prompt: ['a', 'b'], max_tokens: 9 };
    const { choices } = await json('/completions', request);
    expect(choices.map(({ text }: { text: string }) => text)).toEqual(['You said: a', 'You said: b']);
    const { provider, post } = await open();
    await using _closing = provider;
    const data = await dataOf(await post('/completions', { ...request, stream: true }));
    expect(
      data
        .slice(0, -1)
        .map((line) => JSON.parse(line).choices[0].text)
        .join(''),
    ).toBe('You said: aYou said: b');
  });

  test('moderations flag a text for the categories that it names', async () => {
    const { model, results } = await json('/moderations', { input: ['peace', 'violence'] });
    expect(model).toBe('omni-moderation-latest');
    expect(results.map(({ flagged }: { flagged: boolean }) => flagged)).toEqual([false, true]);
    expect(results[1].categories).toMatchObject({ violence: true, harassment: false });
  });

  test('images are pixels or addresses', async () => {
    const { data, usage } = await json('/images/generations', { prompt: 'a cat', n: 2 });
    expect(Buffer.from(data[1].b64_json, 'base64').subarray(1, 4).toString()).toBe('PNG');
    expect(usage).toMatchObject({ input_tokens: 2, output_tokens: 200 });
    const linked = await json('/images/generations', { prompt: 'a cat', response_format: 'url' });
    expect(linked.data[0].url).toMatch(/^https:\/\/images\.example\.com\/img-/);
  });

  test('speech is bytes, or events of bytes', async () => {
    const request = { model: 'tts-1', voice: 'alloy', input: 'hello world' };
    const whole = await ask('/audio/speech', { ...request, response_format: 'wav' });
    expect([whole.type, whole.bytes.length]).toEqual(['audio/wav', 480]);
    const { provider, post } = await open();
    await using _closing = provider;
    const events = (await dataOf(await post('/audio/speech', { ...request, stream_format: 'sse' }))).map(
      (data) => JSON.parse(data),
    );
    const sound = Buffer.concat(events.slice(0, -1).map(({ audio }) => Buffer.from(audio, 'base64')));
    expect(new Uint8Array(sound)).toEqual(whole.bytes);
  });

  test.each([
    ['json', '{"text":"Transcript of a.mp3, 3 bytes"'],
    ['text', 'Transcript of a.mp3, 3 bytes\n'],
    ['srt', '1\n00:00:00,000 --> 00:00:01,000\nTranscript of a.mp3, 3 bytes'],
    ['vtt', 'WEBVTT\n\n00:00:00.000 -->'],
    ['verbose_json', '{"task":"transcribe"'],
  ])('transcriptions come as %s', async (format, start) => {
    const form = new FormData();
    form.set('file', new Blob(['abc']), 'a.mp3');
    form.set('response_format', format);
    expect(
      Buffer.from((await ask('/audio/transcriptions', form)).bytes)
        .toString()
        .startsWith(start),
    ).toBe(true);
  });

  test('models are listed and found', async () => {
    const { provider, get } = await open();
    await using _closing = provider;
    const { data } = JSON.parse(await (await get('/models')).text());
    expect(data).toContainEqual({ id: 'gpt-5', object: 'model', created: 1_735_689_600, owned_by: 'openai' });
    expect(JSON.parse(await (await get('/models/gpt-5')).text()).id).toBe('gpt-5');
    expect((await get('/models/gpt-0')).status).toBe(404);
  });

  test.each([
    ['an unknown path', '/nowhere', {}, 404, 'unknown_url'],
    ['JSON that is broken', '/chat/completions', '{"model":', 400, null],
    ['JSON that is no object', '/chat/completions', '[]', 400, null],
    ['no model', '/chat/completions', { messages: [] }, 400, null],
    ['no messages', '/chat/completions', { model: 'gpt-5' }, 400, 'missing_required_parameter'],
    ['no input', '/responses', { model: 'gpt-5' }, 400, 'missing_required_parameter'],
    ['nothing to embed', '/embeddings', { model: 'gpt-5', input: [] }, 400, null],
  ])('refuses %s', async (_name, path, body, status, code) => {
    const answer = await ask(path, body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(Buffer.from(answer.bytes).toString())).toEqual({
      error: {
        message: expect.any(String),
        type: 'invalid_request_error',
        param: expect.toBeOneOf([expect.any(String), null]),
        code,
      },
    });
  });

  test.each([
    ['no key', {}, 401],
    ['an empty key', { authorization: 'Bearer ' }, 401],
    ['a key', { authorization: 'Bearer sk-secret' }, 200],
    ['an Azure key', { 'api-key': 'secret' }, 200],
  ])('with %s it answers fittingly and never repeats the key', async (_name, headers, status) => {
    const { provider, get } = await open();
    await using _closing = provider;
    const response = await get('/models', { headers });
    expect(response.status).toBe(status);
    expect(JSON.stringify([...response.headers]) + (await response.text())).not.toContain('secret');
  });
});
