import { controlLayer, type Interceptor } from '@interpose/core';
import fc from 'fast-check';
import { Stream } from 'openai/core/streaming';
import { expect, test, vi } from 'vitest';
import { DecodedStream } from '../../packages/openai/src/decoded-stream.ts';

const field = fc.constantFrom(
  'data: {"a":1}',
  'data:{"b":"ü👋"}',
  'data: [DONE]',
  'data: {"error":{"message":"no","code":"c"}}',
  'data: {"error":null}',
  'data: 1',
  'data:',
  'data',
  'data: {',
);
const aside = fc.constantFrom(
  'event: error',
  'event: thread.x',
  'event: response.y',
  'event:',
  'event',
  'id: 1',
  ': c',
  'x',
  '{}',
);
const lineEnd = fc.constantFrom('\n', '\r\n', '\r');

/** An event: always with data, since a name alone is an error to the client and nothing to the standard. */
const block = fc
  .tuple(
    fc.array(aside, { maxLength: 2 }),
    field,
    fc.array(fc.oneof(field, aside), { maxLength: 2 }),
    fc.integer({ min: 1, max: 2 }),
  )
  .map(([before, data, after, blanks]) => [
    ...before,
    data,
    ...after,
    ...Array.from({ length: blanks }, () => ''),
  ]);

const wires = fc
  .tuple(
    fc.array(fc.oneof({ weight: 4, arbitrary: fc.constant(['data: {"a":1}', '']) }, block), { maxLength: 6 }),
    fc.infiniteStream(lineEnd),
  )
  .map(([blocks, ends]) =>
    blocks
      .flat()
      .map((line) => line + (ends.next().value as string))
      .join(''),
  );

const modes = fc.constantFrom<[boolean, 'legacy' | 'events']>(
  [false, 'legacy'],
  [true, 'legacy'],
  [false, 'events'],
  [true, 'events'],
);

async function read(
  from: typeof Stream.fromSSEResponse,
  response: Response,
  mode: [boolean, 'legacy' | 'events'],
) {
  const controller = new AbortController();
  const items: unknown[] = [];
  let error: unknown;
  try {
    for await (const item of from(response, controller, undefined, ...mode)) items.push(item);
  } catch (caught) {
    error = caught;
  }
  const { aborted } = controller.signal;
  return { items, aborted, error: error && [(error as Error).constructor.name, (error as Error).message] };
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Response {
  let at = 0;
  let turn = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, (at += sizes[turn++ % sizes.length] as number)));
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

async function looked(response: Response, rewriting: boolean): Promise<Response> {
  const look: Interceptor = (next) => async (call) => {
    const reply = (await next(call)).tap({});
    return rewriting ? reply.mapText(() => ({ push: (text) => text, end: () => '' })) : reply;
  };
  const init = { method: 'POST', body: '{"stream":true}' };
  return controlLayer([look]).send('http://x.test/v1/chat/completions', init, {
    transport: async () => response,
  });
}

test('a stream that comes over any wire, in any pieces, up to any byte, is what the client makes of it', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(wires, sizes, modes, fc.nat(), fc.boolean(), async (wire, pieces, mode, end, whole) => {
      const all = new Uint8Array(Buffer.from(wire));
      const bytes = whole ? all : all.slice(0, end % (all.length + 1));
      const lines = Buffer.from(bytes).toString().replaceAll(/\r\n?/g, '\n');
      const last = lines.slice(lines.lastIndexOf('\n\n') + 1);
      fc.pre(!/^event/m.test(last) || /^data/m.test(last));
      const wanted = await read(Stream.fromSSEResponse, cut(bytes, [1 << 20]), mode);
      expect({
        bytes: await read(DecodedStream.fromSSEResponse, cut(bytes, pieces), mode),
        events: await read(DecodedStream.fromSSEResponse, await looked(cut(bytes, pieces), false), mode),
        rewritten: await read(DecodedStream.fromSSEResponse, await looked(cut(bytes, pieces), true), mode),
      }).toEqual({ bytes: wanted, events: wanted, rewritten: wanted });
    }),
    { numRuns: 800 },
  );
  log.mockRestore();
});
