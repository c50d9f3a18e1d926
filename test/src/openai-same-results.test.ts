import { createHmac } from 'node:crypto';
import type { Outcome } from '@interpose/core';
import { controlLayer } from '@interpose/core';
import { toFile, type OpenAI } from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { all, beneath, looksAtAll, noop, open, settle, ways } from './openai-rig.test-support.ts';

const messages = [{ role: 'user' as const, content: 'Grüße, 世界 👋' }];
const model = 'gpt-5';
const City = z.object({ name: z.string(), people: z.number() });

const tool = {
  type: 'function' as const,
  function: {
    name: 'add',
    parameters: { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] },
    parse: (text: string) => JSON.parse(text) as { a: number },
    function: ({ a }: { a: number }) => String(a + 1),
    description: 'adds one',
  },
};
const toolMessages = [{ role: 'user' as const, content: 'call add {"a":1}' }];
const speech = { model: 'tts-1', voice: 'alloy', input: 'hello world' } as const;

const OPERATIONS: Record<string, (client: OpenAI) => PromiseLike<unknown>> = {
  create: (client) => client.chat.completions.create({ model, messages }),
  'create with choices': (client) => client.chat.completions.create({ model, messages, n: 3 }),
  'create, streamed': (client) =>
    all(
      client.chat.completions.create({
        model,
        messages,
        stream: true,
        stream_options: { include_usage: true },
      }),
    ),
  'create, streamed, tools': (client) =>
    all(client.chat.completions.create({ model, messages: toolMessages, tools: [tool], stream: true })),
  parse: (client) =>
    client.chat.completions.parse({ model, messages, response_format: zodResponseFormat(City, 'city') }),
  'stream helper': async (client) => {
    const events: unknown[] = [];
    const stream = client.chat.completions.stream({
      model,
      messages,
      response_format: zodResponseFormat(City, 'city'),
    });
    stream.on('content.delta', (event) => events.push(event.delta));
    stream.on('chunk', (chunk) => events.push(chunk));
    return { final: await stream.finalChatCompletion(), content: await stream.finalContent(), events };
  },
  'stream to a readable': async (client) => {
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    return new Response(stream.toReadableStream()).text();
  },
  'stream in two': async (client) => {
    const [left, right] = (await client.chat.completions.create({ model, messages, stream: true })).tee();
    return Promise.all([all(left), all(right)]);
  },
  runTools: async (client) => {
    const runner = client.chat.completions.runTools({ model, messages: toolMessages, tools: [tool] });
    return {
      content: await runner.finalContent(),
      messages: runner.messages,
      usage: await runner.totalUsage(),
    };
  },
  'runTools, streamed': async (client) => {
    const chunks: unknown[] = [];
    const params = { model, messages: toolMessages, tools: [tool], stream: true as const };
    const runner = client.chat.completions.runTools(params);
    runner.on('chunk', (chunk) => chunks.push(chunk));
    return { content: await runner.finalContent(), messages: runner.messages, chunks };
  },
  'responses.create': (client) => client.responses.create({ model, input: 'hello' }),
  'responses.create, streamed': (client) =>
    all(client.responses.create({ model, input: 'hello', stream: true })),
  'responses.parse': (client) =>
    client.responses.parse({ model, input: 'hello', text: { format: zodTextFormat(City, 'city') } }),
  'responses.stream': async (client) => {
    const stream = client.responses.stream({
      model,
      input: 'hello',
      text: { format: zodTextFormat(City, 'city') },
    });
    return { events: await all(stream), final: await stream.finalResponse() };
  },
  'embeddings, base64 by default': (client) =>
    client.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'], dimensions: 8 }),
  'embeddings as numbers': (client) =>
    client.embeddings.create({ model: 'm', input: 'a', dimensions: 4, encoding_format: 'float' }),
  completions: (client) => client.completions.create({ model, prompt: ['a', 'b'] }),
  'completions, streamed': (client) => all(client.completions.create({ model, prompt: 'a', stream: true })),
  moderations: (client) => client.moderations.create({ input: ['peace', 'violence'] }),
  images: (client) => client.images.generate({ prompt: 'a cat', n: 2 }),
  'audio.speech': async (client) => {
    const response = await client.audio.speech.create(speech);
    const { status, headers } = response;
    const bytes = await Response.prototype.arrayBuffer.call(response);
    return { status, type: headers.get('content-type'), bytes: Buffer.from(bytes).toString('hex') };
  },
  'audio.transcriptions': async (client) =>
    client.audio.transcriptions.create({
      model: 'whisper-1',
      file: await toFile(Buffer.from('abc'), 'a.mp3'),
    }),
  'audio.transcriptions as text': async (client) =>
    client.audio.transcriptions.create({
      model: 'whisper-1',
      file: await toFile(Buffer.from('abc'), 'a.mp3'),
      response_format: 'text',
    }),
  'models.list': (client) => all(client.models.list()),
  'models.retrieve': (client) => client.models.retrieve('gpt-5'),
  'files and pages': async (client) => {
    const names: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      await client.files.create({
        purpose: 'user_data',
        file: await toFile(Buffer.from(name), `${name}.txt`),
      });
    }
    for await (const file of client.files.list({ limit: 2 })) names.push(file.filename);
    const page = await client.files.list({ limit: 2 });
    const content = await client.files.content(page.data[0]!.id);
    return {
      names,
      has: page.hasNextPage(),
      next: (await page.getNextPage()).data,
      text: await content.text(),
    };
  },
  uploads: async (client) => {
    const upload = await client.uploads.create({
      filename: 'u',
      purpose: 'user_data',
      mime_type: 'text/plain',
      bytes: 2,
    });
    const part = await client.uploads.parts.create(upload.id, { data: await toFile(Buffer.from('ab'), 'p') });
    return client.uploads.complete(upload.id, { part_ids: [part.id] });
  },
  'webhooks.unwrap': async (client) => {
    await client.models.list();
    const secret = Buffer.from('secret').toString('base64');
    const payload = JSON.stringify({
      id: 'evt_1',
      object: 'event',
      type: 'response.completed',
      data: { id: 'r' },
    });
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', 'secret').update(`wh_1.${timestamp}.${payload}`).digest('base64');
    const headers = {
      'webhook-id': 'wh_1',
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    };
    return client.webhooks.unwrap(payload, headers, `whsec_${secret}`);
  },
  'an error': (client) => client.chat.completions.create({ model } as never),
  'a wrong address': (client) => client.post('/nowhere', { body: {} }),
  'a raw request': (client) => client.post('/chat/completions', { body: { model, messages } }),
  withResponse: async (client) => {
    const { data, response, request_id } = await client.chat.completions
      .create({ model, messages })
      .withResponse();
    const { status, ok, bodyUsed, type, redirected } = response;
    return { data, request_id, status, ok, bodyUsed, type, redirected, url: new URL(response.url).pathname };
  },
  'withResponse, streamed': async (client) => {
    const { data, response, request_id } = await client.chat.completions
      .create({ model, messages, stream: true })
      .withResponse();
    return { items: await all(data), request_id, status: response.status, locked: response.body?.locked };
  },
  asResponse: async (client) => {
    const response = await client.chat.completions.create({ model, messages }).asResponse();
    return Response.prototype.text.call(response);
  },
  'asResponse, streamed': async (client) => {
    const response = await client.chat.completions.create({ model, messages, stream: true }).asResponse();
    return Response.prototype.text.call(response);
  },
  'the id of a request': async (client) => {
    const chat = await client.chat.completions.create({ model, messages });
    const parsed = await client.responses.parse({ model, input: 'a' });
    const vectors = await client.embeddings.create({ model, input: 'a', dimensions: 2 });
    const moderated = await client.moderations.create({ input: 'a' });
    const raw = await client.post<{ _request_id?: string }>('/completions', { body: { model, prompt: 'a' } });
    return [chat, parsed, vectors, moderated, raw].map((value) => [value._request_id, Object.keys(value)]);
  },
};

describe.each(ways)('on the %s path, %s, the result is the bare client’s', (path, front) => {
  test.each(Object.entries(OPERATIONS))('%s', async (name, operation) => {
    await using rig = await open(front, {}, { maxRetries: 0 });
    const run = async (client: OpenAI) => {
      rig.provider.reset();
      const result = await settle(async () => operation(client));
      const wire = rig.provider.requests.map(({ method, path: to, rawBody }) => [
        method,
        to,
        rawBody.replace(/(formdata|-)[\w-]*\d{8,}/g, ''),
      ]);
      return {
        result,
        wire:
          name.startsWith('audio.trans') || name.includes('files') || name === 'uploads' ? wire.length : wire,
      };
    };
    const outcomes: Promise<Outcome>[] = [];
    const wanted = await run(rig.bare);
    expect(wanted.wire).not.toEqual([]);
    expect({
      noop: await run(beneath(rig.bare, path, [noop])),
      empty: await run(beneath(rig.bare, path, controlLayer([]) as never)),
      looking: await run(beneath(rig.bare, path, [looksAtAll(outcomes)])),
    }).toEqual({ noop: wanted, empty: wanted, looking: wanted });
    for (const outcome of await Promise.all(outcomes)) {
      expect(outcome.status).toBe(name === 'an error' ? 'failed' : 'completed');
    }
  });
});
