import { cache, type CacheOptions } from '@interpose/cache';
import { FETCH, controlLayer, provide, type Layer, type StackEntry } from '@interpose/core';
import { fakeProvider, recordEvents, type FakeProvider } from '@interpose/testing';
import { onTestFinished } from 'vitest';

/** A layer with a cache over a provider in this process. */
export interface Stack {
  readonly layer: Layer;
  readonly provider: FakeProvider;
  /** The events of all calls, a line each. */
  readonly log: readonly string[];
  /** Makes a call, and says how it came to its answer: `miss: Good morning`. */
  ask(prompt?: string): Promise<string>;
}

function requestOf(prompt: string): RequestInit {
  const messages = [{ role: 'user', content: prompt }];
  return {
    method: 'POST',
    headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o-mini', temperature: 0, messages }),
  };
}

export function stackOf(entries: readonly StackEntry[], options: CacheOptions = {}): Stack {
  const provider = fakeProvider.inProcess({ replies: { text: 'Good morning' } });
  const layer = controlLayer([cache(options), ...entries, provide(FETCH, provider.fetch)]);
  onTestFinished(() => layer.close());
  const { lines } = recordEvents(layer.events);
  async function ask(prompt = 'hello'): Promise<string> {
    const response = await layer.fetch(`${provider.baseURL}/chat/completions`, requestOf(prompt));
    const body = (await response.json()) as { choices: { message: { content: string } }[] };
    return `${response.headers.get('x-interpose-cache')}: ${body.choices[0]?.message.content}`;
  }
  return { layer, provider, log: lines, ask };
}
