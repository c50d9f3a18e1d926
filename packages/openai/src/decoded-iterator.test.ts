import { getEventListeners } from 'node:events';
import { Stream } from 'openai/core/streaming';
import { describe, expect, test } from 'vitest';
import { DecodedStream } from './decoded-stream.ts';

const wire = 'data: 1\n\ndata: 2\n\ndata: 3\n\ndata: [DONE]\n\n';

/** One step of a reader of a stream, told as text. */
type Step = (stream: Stream<number>, iterator: AsyncIterator<number>) => unknown;

const HABITS: Record<string, Step> = {
  'next, next, next, next, next': (_, it) => inTurn(() => it.next(), 5),
  'all at once': (_, it) => Promise.all([it.next(), it.next(), it.next(), it.next(), it.next()]),
  'all at once, and one more when the first is there': async (_, it) => {
    const order: unknown[] = [];
    const first = it.next().then((one) => {
      order.push(`first ${one.value}`);
      return it.next().then(({ value }) => order.push(`late ${value}`));
    });
    await Promise.all([first, it.next().then(({ value }) => order.push(`second ${value}`))]);
    return order;
  },
  'a return before anything, then a reader': async (stream, it) => [
    await it.return?.(),
    await it.next(),
    await all(stream),
  ],
  'a return after the first': async (_, it) => [await it.next(), await it.return?.(7), await it.next()],
  'a return while waiting': async (_, it) => Promise.all([it.next(), it.return?.(), it.next()]),
  'a return after the end': async (_, it) => [await inTurn(() => it.next(), 4), await it.return?.(7)],
  'a throw before anything': async (_, it) => [
    await caught(() => it.throw?.(new Error('x'))),
    await it.next(),
  ],
  'a throw after the first': async (_, it) => [
    await it.next(),
    await caught(() => it.throw?.(new Error('x'))),
    await it.next(),
  ],
  'a throw of an abort': async (_, it) => [
    await it.next(),
    await caught(() => it.throw?.(new DOMException('x', 'AbortError'))),
  ],
  'two iterators, the first unused': (stream) => all(stream),
  'two iterators, the first in use': async (stream, it) => [
    await it.next(),
    await caught(() => all(stream)),
    await it.next(),
  ],
  'read twice': async (stream) => [await all(stream), await caught(() => all(stream))],
  'a break': async (stream) => {
    for await (const item of stream) return item;
    return undefined;
  },
  'an abort before anything': async (stream) => {
    stream.controller.abort();
    return all(stream);
  },
  'an abort after the first': async (stream, it) => {
    const first = await it.next();
    stream.controller.abort();
    return [first, await it.next(), await it.next()];
  },
  'an abort with a reason of its own': async (stream, it) => {
    const first = await it.next();
    stream.controller.abort(new Error('mine'));
    return [first, await caught(() => it.next())];
  },
  'an iterator of the iterator': async (_, it) => {
    const items: number[] = [];
    for await (const item of it as AsyncIterableIterator<number>) items.push(item);
    return items;
  },
  'a tee': async (stream) => {
    const [left, right] = stream.tee();
    return [await all(left), await all(right)];
  },
  'a readable': (stream) => new Response(stream.toReadableStream() as ReadableStream).text(),
  'a readable that is cancelled': async (stream) => {
    const reader = (stream.toReadableStream() as ReadableStream<Uint8Array>).getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return Buffer.from(value ?? []).toString();
  },
  'a disposal': async (_, it) => {
    const first = await it.next();
    await (it as AsyncIterator<number> & AsyncDisposable)[Symbol.asyncDispose]();
    return [first, await it.next()];
  },
};

describe('the iterator of a decoded stream behaves as the client’s:', () => {
  test.each(Object.entries(HABITS))('%s', async (_name, habit) => {
    const run = async (from: typeof Stream.fromSSEResponse) => {
      const controller = new AbortController();
      const response = new Response(wire);
      const stream = from<number>(response, controller);
      const result = await habit(stream, stream[Symbol.asyncIterator]());
      return {
        result,
        aborted: controller.signal.aborted,
        listeners: getEventListeners(controller.signal, 'abort').length,
        locked: response.body?.locked,
        isStream: stream instanceof Stream,
      };
    };
    expect(await run(DecodedStream.fromSSEResponse)).toEqual(await run(Stream.fromSSEResponse));
  });

  test('an abort while waiting ends the wait and the body', async () => {
    const run = async (from: typeof Stream.fromSSEResponse) => {
      const controller = new AbortController();
      const cancelled: unknown[] = [];
      const body = new ReadableStream({ cancel: (reason) => void cancelled.push(reason?.name) });
      const iterator = from(new Response(body), controller)[Symbol.asyncIterator]();
      const waiting = iterator.next();
      setImmediate(() => controller.abort());
      return { result: await waiting, cancelled: cancelled.length, locked: body.locked };
    };
    expect(await run(DecodedStream.fromSSEResponse)).toEqual(await run(Stream.fromSSEResponse));
  });

  test('a body that never lets go does not hold up an abort', async () => {
    const run = async (from: typeof Stream.fromSSEResponse) => {
      const controller = new AbortController();
      const body = new ReadableStream({
        start: (given) => given.enqueue(Buffer.from('data: 1\n\n')),
        cancel: () => new Promise(() => {}),
      });
      const items: unknown[] = [];
      for await (const item of from(new Response(body), controller)) {
        items.push(item);
        break;
      }
      return { items, locked: body.locked };
    };
    expect(await run(DecodedStream.fromSSEResponse)).toEqual(await run(Stream.fromSSEResponse));
  });
});

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

async function inTurn(step: () => Promise<unknown>, times: number): Promise<unknown[]> {
  const results: unknown[] = [];
  while (results.length < times) results.push(await step());
  return results;
}

async function caught(step: () => unknown): Promise<unknown> {
  try {
    return await step();
  } catch (error) {
    return `${(error as Error).constructor.name}: ${(error as Error).message}`;
  }
}
