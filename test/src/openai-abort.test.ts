import { getEventListeners } from 'node:events';
import type { Outcome } from '@interpose/core';
import { stallAfter, type FakeProvider, type ScriptedReply } from '@interpose/testing';
import { OpenAI } from 'openai';
import { describe, expect, test } from 'vitest';
import {
  beneath,
  looksAtAll,
  noop,
  open,
  paths,
  settle,
  shown,
  until,
  ways,
} from './openai-rig.test-support.ts';

const params = { model: 'gpt-5', messages: [{ role: 'user' as const, content: 'hello' }] };
const streamed = { ...params, stream: true as const };

interface Scene {
  readonly client: OpenAI;
  readonly provider: FakeProvider;
  readonly controller: AbortController;
}

/** Reads until the first content, then does something. */
async function midway(
  { client, controller }: Scene,
  then: (stream: { controller: AbortController }) => 'break' | void,
) {
  const stream = await client.chat.completions.create(streamed, { signal: controller.signal });
  const items: unknown[] = [];
  for await (const chunk of stream) {
    items.push(chunk.choices[0]?.delta.content);
    if (items.length === 3 && then(stream) === 'break') break;
  }
  return items;
}

const asked = ({ provider }: Scene) => until(() => provider.requests.length > 0);

const SCENES: Record<string, readonly [ScriptedReply, (scene: Scene) => Promise<unknown>]> = {
  'before the call': [
    {},
    ({ client, controller }) => {
      controller.abort();
      return client.chat.completions.create(params, { signal: controller.signal });
    },
  ],
  'right after the call': [
    {},
    ({ client, controller }) => {
      const call = client.chat.completions.create(params, { signal: controller.signal });
      controller.abort(new Error('a reason'));
      return call;
    },
  ],
  'while waiting for the headers': [
    { latency: 5000 },
    async (scene) => {
      const { client, controller } = scene;
      void asked(scene).then(() => controller.abort());
      return client.chat.completions.create(params, { signal: controller.signal });
    },
  ],
  'while waiting for the body': [
    { firstContentDelay: 5000 },
    async (scene) => {
      const { client, controller } = scene;
      void asked(scene).then(() => setTimeout(() => controller.abort(), 5));
      return client.chat.completions.create(params, { signal: controller.signal });
    },
  ],
  'in the middle of a body': [
    { stall: { atByte: 50 } },
    async (scene) => {
      const { client, controller, provider } = scene;
      void until(() => provider.requests[0]?.bytesSent === 50).then(() => controller.abort());
      return client.chat.completions.create(params, { signal: controller.signal });
    },
  ],
  'in the middle of a stream': [stallAfter(3), (scene) => midway(scene, () => scene.controller.abort())],
  'while waiting for an event': [
    stallAfter(3),
    (scene) => midway(scene, () => void setImmediate(() => scene.controller.abort())),
  ],
  'by the stream’s own controller': [
    stallAfter(3),
    (scene) => midway(scene, (stream) => stream.controller.abort()),
  ],
  'by its controller, while waiting': [
    stallAfter(3),
    (scene) => midway(scene, (stream) => void setImmediate(() => stream.controller.abort())),
  ],
  'by a break': [stallAfter(3), (scene) => midway(scene, () => 'break')],
  'by a break, with more to come': [
    { text: 'many words '.repeat(500) },
    (scene) => midway(scene, () => 'break'),
  ],
  'by the helper': [
    stallAfter(3),
    async ({ client }) => {
      const stream = client.chat.completions.stream(params);
      stream.once('content', () => stream.abort());
      return stream.finalContent();
    },
  ],
  'by the helper of responses': [
    stallAfter(6),
    async ({ client }) => {
      const stream = client.responses.stream({ model: 'gpt-5', input: 'hello' });
      stream.once('response.output_text.delta', () => stream.abort());
      return stream.finalResponse();
    },
  ],
  'by a time-out before the headers': [
    { latency: 5000 },
    ({ client }) => client.chat.completions.create(params, { timeout: 150 }),
  ],
  'by a time-out before the headers of a stream': [
    { latency: 5000 },
    ({ client }) => client.chat.completions.create(streamed, { timeout: 150 }),
  ],
  'by a time-out before the body': [
    { firstContentDelay: 5000 },
    ({ client }) => client.chat.completions.create(params, { timeout: 150 }),
  ],
  'by a time-out in the body': [
    { stall: { atByte: 50 } },
    ({ client }) => client.responses.create({ model: 'gpt-5', input: 'a' }, { timeout: 150 }),
  ],
  'by a time-out of the client': [
    { stall: { atByte: 50 } },
    ({ client }) => client.withOptions({ timeout: 150 }).embeddings.create({ model: 'm', input: 'a' }),
  ],
};

describe.each(ways)('on the %s path, %s, a call is ended', (path, front) => {
  test.each(Object.entries(SCENES))('%s, as the bare client’s', async (_, [reply, act]) => {
    const run = async (interposed: (client: OpenAI) => OpenAI) => {
      await using rig = await open(front, { replies: reply }, { maxRetries: 0 });
      const { provider } = rig;
      const scene = { client: interposed(rig.bare), provider, controller: new AbortController() };
      const result = await act(scene).then(
        (value) => ({ value }),
        (error: unknown) => ({ error: shown(error) }),
      );
      await until(() => provider.requests.every(({ status }) => status !== 'open'));
      return { result, requests: provider.requests.map(({ status }) => status) };
    };
    const outcomes: Promise<Outcome>[] = [];
    const wanted = await run((client) => client);
    expect(await run((client) => beneath(client, path, [noop]))).toEqual(wanted);
    expect(await run((client) => beneath(client, path, [looksAtAll(outcomes)]))).toEqual(wanted);
    for (const outcome of await Promise.all(outcomes)) expect(outcome.status).toBe('aborted');
  });

  test('with the retries of the client after a time-out in the body', async () => {
    const run = async (interposed: (client: OpenAI) => OpenAI) => {
      await using rig = await open(front, { script: [{ stall: { atByte: 50 } }] }, { maxRetries: 1 });
      const client = interposed(rig.bare);
      const { data, response } = await client.chat.completions
        .create(params, { timeout: 300 })
        .withResponse();
      return {
        data,
        id: response.headers.get('x-request-id'),
        requests: rig.provider.requests.map(({ status }) => status),
      };
    };
    const [wanted, got] = await Promise.all([
      run((client) => client),
      run((client) => beneath(client, path, [looksAtAll()])),
    ]);
    expect(got).toEqual(wanted);
    expect(wanted.requests.length).toBe(2);
  });
});

test.each(paths)('on the %s path, a body that heeds no abort holds nobody up', async (path) => {
  const run = async (interposed: (client: OpenAI) => OpenAI) => {
    const silent = async () =>
      new Response(new ReadableStream(), { headers: { 'content-type': 'application/json' } });
    const client = interposed(new OpenAI({ apiKey: 'test', fetch: silent, maxRetries: 0 }));
    const controller = new AbortController();
    const { signal } = controller;
    const call = settle(() => client.moderations.create({ input: 'a' }, { signal }));
    setTimeout(() => controller.abort(), 5);
    return [
      await call,
      getEventListeners(signal, 'abort').length,
      await settle(() => client.moderations.create({ input: 'a' }, { timeout: 20 })),
    ];
  };
  const wanted = await run((client) => client);
  expect(await run((client) => beneath(client, path, [noop]))).toEqual(wanted);
  expect(wanted).toMatchObject([
    { error: { class: 'APIUserAbortError' } },
    wanted[1],
    { error: { class: 'APIConnectionTimeoutError' } },
  ]);
});
