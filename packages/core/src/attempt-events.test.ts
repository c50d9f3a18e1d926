import { expect, test } from 'vitest';
import { ask, chatBody, done, finish, json, layerOver, piece, source, turn } from './core.test-support.ts';
import { attemptEnded, attempted, settled, type Fetch, type LayerEvent } from './index.ts';

const sources: readonly [string, Fetch, string][] = [
  [
    'a plain reply',
    async () => json(chatBody('a'), { headers: { 'x-request-id': 'req_1' } }),
    '200 req_1 completed',
  ],
  ['a stream', async () => source([piece('a'), finish(), done]).response, '200 - completed'],
  ['a stream that is cut', async () => source([piece('a')]).response, '200 - truncated truncated'],
  ['an error status', async () => json({ error: {} }, { status: 503 }), '503 - failed overloaded'],
  ['no reply', () => Promise.reject(new TypeError('fetch failed')), '- - - network'],
];

test.each(sources)(
  'each attempt ends in an event of the call that it began with: %s',
  async (_, transport, expected) => {
    const layer = layerOver(transport);
    const seen: LayerEvent[] = [];
    layer.events.on(attempted, (event) => seen.push(event));
    const ends: string[] = [];
    layer.events.on(attemptEnded, (event) => {
      const { outcome, status = '-', requestId = '-', failure } = event.data;
      ends.push([status, requestId, outcome?.status ?? '-', failure?.kind ?? ''].join(' ').trim());
      expect(event.call).toBe(seen[0]?.call);
    });
    await ask(layer).then(
      (response) => response.text(),
      () => {},
    );
    await turn();
    expect(ends).toEqual([expected]);
  },
);

test('whoever listens to something else does not make a layer look into replies', async () => {
  const { response } = source([piece('a'), done]);
  const layer = layerOver(async () => response);
  layer.events.on(attempted, () => {});
  expect(await ask(layer)).toBe(response);
  const stop = layer.events.on(settled, () => {});
  expect(layer.events.listensTo(settled)).toBe(true);
  stop();
  expect(layer.events.listensTo(settled)).toBe(false);
});
