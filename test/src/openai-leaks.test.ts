import { getEventListeners } from 'node:events';
import { retry } from '@interpose/retry';
import { expect, test } from 'vitest';
import { beneath, looksAtAll, open } from './openai-rig.test-support.ts';

const params = { model: 'gpt-5', messages: [{ role: 'user' as const, content: 'hello' }] };

test.each([
  ['fast', 10_000],
  ['plain', 2000],
] as const)(
  'on the %s path, nothing is left on a shared signal after %i calls, and no timer',
  async (path, calls) => {
    await using rig = await open('in process', { replies: { text: 'ok' } });
    const client = beneath(rig.bare, path, [looksAtAll(), retry()]);
    const { signal } = new AbortController();
    const ticking = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = ticking();
    for (let done = 0; done < calls; done += 100) {
      await Promise.all(
        Array.from({ length: 100 }, async (__, index) => {
          if (index % 4 > 0) return client.chat.completions.create(params, { signal });
          const stream = await client.completions.create(
            { model: 'gpt-5', prompt: 'a', stream: true },
            { signal },
          );
          for await (const chunk of stream) if (index % 8 === 0) return chunk;
          return undefined;
        }),
      );
      rig.provider.reset();
      rig.provider.always({ text: 'ok' });
    }
    // The client lets go of what it put on a signal when its controllers are collected.
    for (let tries = 0; getEventListeners(signal, 'abort').length > 0 && tries < 50; tries++) {
      globalThis.gc?.();
      await new Promise((next) => setTimeout(next, 2));
    }
    expect({ listeners: getEventListeners(signal, 'abort').length, timers: ticking() - before }).toEqual({
      listeners: 0,
      timers: 0,
    });
  },
  60_000,
);
