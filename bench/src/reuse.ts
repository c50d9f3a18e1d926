import { hash } from 'node:crypto';
import { cache, type CacheStore } from '@interpose/cache';
import { FETCH, controlLayer, provide, type Layer } from '@interpose/core';
import { LRUCache } from 'lru-cache';
import { ANSWER, prompt } from './fixtures.ts';
import { median, paired } from './paired.ts';

const URL = 'https://bench.invalid/v1/chat/completions';
const headers = { 'content-type': 'application/json' };

/** Measures what a hit and a miss take beside a look into a bare cache, under the hash of the body. */
export async function reportReuse(): Promise<string> {
  const lines = [
    'The cache: a call to the layer’s fetch against SHA-256 of the body and a look into lru-cache',
  ];
  for (const [name, characters, per] of [
    ['1 kB', 1000, 300],
    ['100 kB', 100_000, 100],
    ['1 MB', 1_000_000, 20],
  ] as const) {
    const messages = [{ role: 'user', content: prompt(characters) }];
    const body = JSON.stringify({ model: 'gpt-4o-mini', temperature: 0, messages });
    const bare = new LRUCache<string, string>({ max: 100 });
    bare.set(hash('sha256', body), ANSWER);
    const look = async (): Promise<void> => {
      JSON.parse(bare.get(hash('sha256', body)) ?? '');
    };
    for (const what of ['hit', 'miss'] as const) {
      await using layer = layerOf(what);
      const { ratios, baseMicros } = await paired(look, () => ask(layer, body), { per, blocks: 20 });
      const ratio = median(ratios);
      const micros = (ratio * baseMicros).toFixed(1);
      lines.push(
        `  ${name.padEnd(8)}${what.padEnd(6)}${micros.padStart(8)} µs  |  bare ${baseMicros.toFixed(1).padStart(8)} µs  |  ${ratio.toFixed(2)}`,
      );
    }
  }
  return lines.join('\n');
}

function layerOf(what: 'hit' | 'miss'): Layer {
  const forgetful: CacheStore = { get: () => undefined, set() {}, delete() {} };
  const network = (): Promise<Response> => Promise.resolve(new Response(ANSWER, { headers }));
  return controlLayer([cache(what === 'hit' ? {} : { store: forgetful }), provide(FETCH, network)]);
}

async function ask(layer: Layer, body: string): Promise<void> {
  const response = await layer.fetch(URL, { method: 'POST', headers, body });
  await response.json();
}
