import { GuardError, guard, type GuardOptions } from '@interpose/guard';
import { interpose, tags } from '@interpose/openai';
import { fakeProvider, type FakeProvider } from '@interpose/testing';
import OpenAI, { APIError, toFile } from 'openai';
import { describe, expect, test } from 'vitest';

const MESSAGES = [{ role: 'user' as const, content: 'hello' }];

function clientOf({ baseURL }: FakeProvider, options: GuardOptions): OpenAI {
  return interpose(new OpenAI({ baseURL, apiKey: 'test' }), [guard(options)]);
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof APIError && error instanceof GuardError)) return String(error);
  return `${error.status} ${error.code} ${error.rule} ${error.place}`;
}

describe('beneath the official client', () => {
  test('a call that breaks a rule is one of its errors and a GuardError, and nothing is sent or sent again', async () => {
    await using provider = await fakeProvider();
    const openai = clientOf(provider, { models: ['gpt-4o-mini'] });
    const asked = { model: 'gpt-4o', messages: MESSAGES };
    expect(
      await Promise.all([
        refusal(openai.chat.completions.create(asked)),
        refusal(openai.chat.completions.create({ ...asked, stream: true })),
        refusal(openai.chat.completions.stream(asked).finalChatCompletion()),
        refusal(openai.responses.create({ model: 'gpt-4o', input: 'hello' })),
        refusal(openai.embeddings.create({ model: 'text-embedding-3-small', input: 'hello' })),
        refusal(openai.images.generate({ model: 'gpt-image-1', prompt: 'hello' })),
      ]),
    ).toEqual(Array(6).fill('400 guard_denied models model'));
    expect(provider.requests).toEqual([]);
  });

  test('what is fixed is what is sent, plain, streamed and with tools that run', async () => {
    await using provider = await fakeProvider();
    const openai = clientOf(provider, {
      action: 'fix',
      maxOutputTokens: 50,
      params: { temperature: { max: 1 } },
      forbid: { tools: ['delete_*'] },
    });
    const asked = { model: 'gpt-4o-mini', messages: MESSAGES, temperature: 2 };
    await openai.chat.completions.create(asked);
    const stream = await openai.chat.completions.create({ ...asked, stream: true });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).not.toBe('');
    const tool = (name: string) => ({
      type: 'function' as const,
      function: {
        name,
        parameters: {},
        description: name,
        parse: (text: string) => JSON.parse(text) as object,
        function: () => 'done',
      },
    });
    await openai.chat.completions.runTools({ ...asked, tools: [tool('look'), tool('delete_all')] }).done();
    const bodies = provider.requests.map(({ body }) => body as Record<string, unknown>);
    expect(bodies.map(({ temperature, max_completion_tokens: most }) => [temperature, most])).toEqual(
      bodies.map(() => [1, 50]),
    );
    expect(JSON.stringify(bodies)).not.toContain('delete_all');
  });

  test('a time-out is required of the call itself, and tags of whoever calls', async () => {
    await using provider = await fakeProvider();
    const openai = clientOf(provider, { require: { timeout: '30s', tags: ['endpoint'] } });
    const ask = (options: OpenAI.RequestOptions): Promise<string> =>
      refusal(openai.chat.completions.create({ model: 'gpt-4o-mini', messages: MESSAGES }, options));
    expect(await ask(tags({ endpoint: 'x' }))).toBe(
      '400 guard_denied require.timeout headers.x-stainless-timeout',
    );
    expect(await ask({ timeout: 40_000, ...tags({ endpoint: 'x' }) })).toMatch(/require\.timeout/);
    expect(await ask({ timeout: 30_000 })).toBe('400 guard_denied require.tags tags.endpoint');
    expect(await ask({ timeout: 30_000, ...tags({ endpoint: 'x' }) })).toBe('undefined');
    expect(provider.requests.length).toBe(1);
  });

  test('forms are guarded as JSON is', async () => {
    await using provider = await fakeProvider();
    const openai = clientOf(provider, {
      models: ['whisper-1'],
      params: { language: { set: 'en', operations: ['audio'] } },
    });
    const file = await toFile(Buffer.from('RIFF'), 'a.wav');
    const ask = (model: string): Promise<string> =>
      refusal(openai.audio.transcriptions.create({ file, model }));
    expect(await ask('gpt-4o-transcribe')).toBe('400 guard_denied models model');
    expect(await ask('whisper-1')).toBe('undefined');
    expect(provider.requests[0]?.rawBody).toMatch(/name="language"\r\n\r\nen/);
  });

  test('what is no model call passes untouched', async () => {
    await using provider = await fakeProvider();
    const openai = clientOf(provider, { models: [] });
    expect((await openai.models.list()).data.length).toBeGreaterThan(0);
  });
});
