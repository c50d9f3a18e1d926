import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { fakeProvider } from '@interpose/testing';
import { expect, test } from 'vitest';

const MB = 1024 * 1024;
const READER = fileURLToPath(new URL('resilience-memory.child.ts', import.meta.url));

/** What a reader who stands still after one event of 256 MB costs: its memory, and what the provider has sent. */
async function paused(stack: 'bare' | 'layer'): Promise<{ grown: number; sent: number }> {
  const event = { choices: [{ index: 0, delta: { content: 'x'.repeat(64 * 1024) } }] };
  await using provider = await fakeProvider({ script: [{}, { repeat: { event, times: 4096 } }] });
  const flags = ['--conditions=@interpose/source', '--expose-gc', '--disable-warning=ExperimentalWarning'];
  const reader = spawn(process.execPath, [...flags, READER, stack, provider.baseURL], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(reader, 'exit');
  const [said] = await Promise.race([once(reader.stdout, 'data'), exited]);
  const sent = provider.requests[1]?.bytesSent ?? Number.NaN;
  reader.stdin.end('enough\n');
  await exited;
  return { ...JSON.parse(String(said)), sent };
}

test('a reader who stands still costs what it costs without a layer, with taps, outcomes and retry on', async () => {
  const bare = await paused('bare');
  const layer = await paused('layer');
  const show = ({ grown, sent }: typeof bare): string =>
    `${(grown / MB).toFixed(1)} MB grown, ${(sent / MB).toFixed(1)} MB sent`;
  console.info(`bare client: ${show(bare)}; layer: ${show(layer)}`);
  expect(layer.sent).toBeLessThanOrEqual(8 * MB);
  expect(layer.grown - bare.grown).toBeLessThanOrEqual(16 * MB);
});
