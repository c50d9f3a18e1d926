// Run as a process of its own: asks for the same as other processes, at the same time.
import 'reflect-metadata';
import { cache } from '@interpose/cache';
import { controlLayer } from '@interpose/core';
import { redis } from '@interpose/redis';
import { sqlite } from '@interpose/sqlite';

const [kind, where = '', baseURL = '', count = '0'] = process.argv.slice(2);
const plugin = kind === 'redis' ? redis({ url: where, commandTimeout: '20s' }) : sqlite({ path: where });
// The machine may be slow; what is tested is who asks.
const layer = controlLayer([cache({ storeTimeout: '20s' }), plugin]);

async function ask(stream: boolean): Promise<string> {
  const messages = [{ role: 'user', content: 'hello' }];
  const response = await layer.fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer key',
      'content-type': 'application/json',
      'x-process': String(process.pid),
    },
    body: JSON.stringify({ model: 'gpt-4o-mini', temperature: 0, messages, stream }),
  });
  return `${response.headers.get('x-interpose-cache')} ${textOf(await response.text())}`;
}

/** What the model wrote, streamed or not. */
function textOf(raw: string): string {
  return [...raw.matchAll(/"content":"([^"]*)"/g)].map(([, text]) => text).join('');
}

process.send?.('ready');
await new Promise((resolve) => process.once('message', resolve));
// Half of the processes stream.
const stream = process.pid % 2 === 0;
process.send?.(await Promise.all(Array.from({ length: Number(count) }, () => ask(stream))));
await layer.close();
process.disconnect();
