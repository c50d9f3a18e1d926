import { createOpenAI } from '@ai-sdk/openai';
import {
  FETCH,
  InterposeError,
  controlLayer,
  provide,
  type Interceptor,
  type Outcome,
  type StackEntry,
} from '@interpose/core';
import { log } from '@interpose/log';
import { retry } from '@interpose/retry';
import { fakeProvider, overloaded } from '@interpose/testing';
import { generateText, streamText } from 'ai';
import { describe, expect, test } from 'vitest';
import { looksAtAll } from './openai-rig.test-support.ts';

/** A model of the AI SDK over a layer. */
function open(...stack: StackEntry[]) {
  const provider = fakeProvider.inProcess();
  const layer = controlLayer([...stack, provide(FETCH, provider.fetch as never)]);
  const make = (fetch: unknown) =>
    createOpenAI({ apiKey: 'test', baseURL: provider.baseURL, fetch: fetch as typeof globalThis.fetch });
  return { provider, over: make(layer.fetch), bare: make(provider.fetch) };
}

const prompt = 'Grüße, 世界';

describe('a layer beneath the AI SDK', () => {
  test.each(['chat', 'responses'] as const)('sees its calls, and changes nothing (%s)', async (api) => {
    const outcomes: Promise<Outcome>[] = [];
    const lines: string[] = [];
    const write = (_: object, message: string) => void lines.push(message);
    const logger = { debug: write, info: write, warn: write, error: write };
    const { over, bare } = open(log({ logger }), looksAtAll(outcomes));
    const run = async (client: typeof over) => {
      const { text, usage, finishReason } = await generateText({ model: client[api]('gpt-5'), prompt });
      const streamed = streamText({ model: client[api]('gpt-5'), prompt });
      const pieces: string[] = [];
      for await (const piece of streamed.textStream) pieces.push(piece);
      return {
        text,
        usage,
        finishReason,
        pieces,
        streamedUsage: await streamed.usage,
        end: await streamed.finishReason,
      };
    };
    const got = await run(over);
    expect(got).toEqual(await run(bare));
    expect([got.text, got.pieces.join('')]).toEqual([`You said: ${prompt}`, `You said: ${prompt}`]);
    expect(lines.length).toBe(2);
    expect(lines.join()).toContain(api);
    const usage = { inputTokens: 3, outputTokens: expect.any(Number), source: 'reported' };
    expect(await Promise.all(outcomes)).toMatchObject([
      { status: 'completed', usage },
      { status: 'completed', usage },
    ]);
  });

  test('rewrites what the model wrote', async () => {
    const shout: Interceptor = (next) => async (call) =>
      (await next(call)).mapText(() => ({ push: (text) => text.toUpperCase(), end: () => '!' }));
    const { over } = open(shout);
    const { text } = await generateText({ model: over.chat('gpt-5'), prompt: 'hello' });
    const streamed = await streamText({ model: over.chat('gpt-5'), prompt: 'hello' }).text;
    expect([text, streamed]).toEqual(['YOU SAID: HELLO!', 'YOU SAID: HELLO!']);
  });

  test('retries beneath it, once for all', async () => {
    const { provider, over } = open(retry({ delay: () => 0 }));
    provider.script(overloaded(), overloaded());
    const { text } = await generateText({ model: over.chat('gpt-5'), prompt: 'hello' });
    expect([text, provider.requests.length]).toEqual(['You said: hello', 3]);
  });

  test('refuses with an error that it does not try again', async () => {
    const refuse: Interceptor = () => async () => {
      throw new InterposeError('Not today', { code: 'not_today', status: 429 });
    };
    const { provider, over } = open(refuse);
    const error = await generateText({ model: over.chat('gpt-5'), prompt, maxRetries: 0 }).catch(
      (caught: unknown) => caught,
    );
    expect([
      (error as Error).message,
      (error as { statusCode?: number }).statusCode,
      provider.requests.length,
    ]).toEqual(['Not today', 429, 0]);
  });
});
