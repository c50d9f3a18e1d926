import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ask,
  chatBody,
  collected,
  data,
  done,
  finish,
  layerOver,
  piece,
  replyOf,
  source,
  told,
  turn,
  usage,
} from './core.test-support.ts';
import type { Interceptor, LightResponse, StackEntry, TextTransform } from './index.ts';

/** Units that look at everything, one above the other. */
const looking: readonly StackEntry[] = Array.from({ length: 4 }, (): Interceptor => {
  return function look(next) {
    return async (call) => {
      const reply = await next(call);
      void reply.outcome;
      return reply
        .tap({ event: (event) => event.json })
        .mapText(() => ({ push: (text) => text, end: () => '' }));
    };
  };
}).map((create, index) => ({ name: `look ${index}`, create: () => create }));

describe('a slow reader', () => {
  test('slows the provider: nothing is read before it is asked for', async () => {
    const provider = source([piece('a'), piece('b'), piece('c'), done]);
    const layer = layerOver(async () => provider.response, looking);
    const pulls: number[] = [];
    const reader = (await ask(layer)).body?.getReader();
    for (let chunk = 0; chunk < 3; chunk++) {
      await turn();
      pulls.push(provider.pulls);
      await reader?.read();
    }
    await turn();
    expect([...pulls, provider.pulls]).toEqual([0, 1, 2, 3]);
  });

  test('gets each chunk before the next one is asked for, also after a commit', async () => {
    const provider = source([piece('a'), piece('b'), done]);
    const reply = replyOf(provider.response);
    await reply.commit();
    const reader = reply.deliver().body?.getReader();
    await reader?.read();
    expect(provider.pulls).toBe(1);
  });

  test('who pauses again and again leaves a stream of 64 MB with the provider', async () => {
    function* long(): Generator<string> {
      for (let count = 0; count < 1024; count++) yield piece(`${count}`.padEnd(65_400, 'x'));
    }
    const provider = source(long());
    const reader = (await ask(layerOver(async () => provider.response, looking))).body?.getReader();
    const before = await memory();
    let most = 0;
    let size = 0;
    for (let next = await reader?.read(); next?.value; next = await reader?.read()) {
      size += next.value.byteLength;
      if (provider.pulls % 200 !== 0) continue;
      const pulled = provider.pulls;
      most = Math.max(most, await memory());
      expect(provider.pulls).toBe(pulled);
    }
    expect(size).toBeGreaterThan(64e6);
    expect(most - before).toBeLessThan(8e6);
  });
});

/** Bytes in use when all that can be collected is. */
async function memory(): Promise<number> {
  let rounds = 0;
  await collected(() => rounds++ > 2);
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('units that look and change nothing', () => {
  test('leave each chunk as it came, cut where the provider cut it', async () => {
    const wire = piece('ä') + piece('b') + finish() + done;
    const bytes = new TextEncoder().encode(wire);
    const chunks = [bytes.subarray(0, 70), bytes.subarray(70, 71), bytes.subarray(71)];
    const reply = replyOf(source(chunks).response).tap({ event: (event) => event.json });
    const got: Uint8Array[] = [];
    for await (const chunk of reply.deliver().body ?? []) got.push(chunk);
    expect(got.map((chunk, index) => chunk === chunks[index])).toEqual([true, true, true]);
  });

  test('leave binary replies alone, chunk by chunk', async () => {
    const chunks = [new Uint8Array([0, 255, 1]), new Uint8Array(), new Uint8Array([13, 10])];
    const provider = source(chunks, { headers: { 'content-type': 'audio/mpeg' } });
    const response = await ask(layerOver(async () => provider.response, looking));
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 1, 13, 10]);
    expect(response.headers).toBe(provider.response.headers);
  });
});

test('a stream reads the same however the network cuts it, rewritten or only looked at', async () => {
  const wire = new TextEncoder().encode(`: hi\n\n${piece('äöü')}${piece('😀b')}${finish()}${usage}${done}`);
  const upper = (): TextTransform => ({ push: (text) => text.toUpperCase(), end: () => '!' });
  const read = async (chunks: Uint8Array[]): Promise<string> => {
    const log: string[] = [];
    const inner = replyOf(source(chunks).response);
    const outcome = inner.outcome.then(told);
    const text = await inner
      .mapText(upper)
      .tap({ event: (event) => log.push(event.data) })
      .deliver()
      .text();
    // A comment stays where it has a chunk to itself, and is lost with the bytes of an event that is rewritten.
    log.push(text.replace(/^: hi\n+/, ''));
    log.push(await replyOf(source(chunks).response).tap({}).deliver().text());
    return [...log, await outcome].join('\n');
  };
  const expected = await read([wire]);
  expect(expected).toContain('completed [stop] 3+2 reported, 6 characters');
  const places = fc
    .uniqueArray(fc.integer({ min: 1, max: wire.length - 1 }))
    .map((all) => all.toSorted((a, b) => a - b));
  await fc.assert(
    fc.asyncProperty(places, async (all) => {
      const chunks = [0, ...all].map((start, index) => wire.subarray(start, all[index] ?? wire.length));
      expect(await read(chunks)).toBe(expected);
    }),
  );
});

describe('a reply as parsed values', () => {
  test('gives the events as the stages left them, a batch for each chunk, and then nothing', async () => {
    const reply = replyOf(source([piece('a') + piece('b'), data({ odd: 1 }), done]).response);
    reply.mapText(() => ({ push: (text) => text.toUpperCase(), end: () => '!' }));
    const parsed = (reply.deliver() as unknown as LightResponse).takeParsed();
    if (parsed?.kind !== 'events') throw new Error('no events');
    const log: string[] = [];
    for (let batch = await parsed.next(); batch; batch = await parsed.next()) {
      log.push(batch.map((event) => /"content":"(.*?)"/.exec(event.data)?.[1] ?? event.data).join());
    }
    expect([...log, await parsed.next()]).toEqual(['A,B', '{"odd":1}', '!,[DONE]', undefined]);
  });

  test('gives nothing more once it is cancelled, not even what was held back', async () => {
    const provider = source([piece('a'), piece('b'), done]);
    const reply = replyOf(provider.response).mapText(() => ({ push: () => '', end: () => 'held' }));
    await reply.commit();
    const parsed = (reply.deliver() as unknown as LightResponse).takeParsed();
    if (parsed?.kind !== 'events') throw new Error('no events');
    await parsed.cancel('enough');
    expect([await parsed.next(), provider.pulls, ...provider.log]).toEqual([
      undefined,
      1,
      'cancelled enough',
    ]);
  });

  test('gives a plain body as an object', async () => {
    const body = chatBody('a');
    const response = layerOver(async () => Response.json(body), looking);
    const parsed = ((await ask(response)) as unknown as LightResponse).takeParsed();
    expect(parsed?.kind === 'json' && (await parsed.value())).toEqual(body);
  });
});
