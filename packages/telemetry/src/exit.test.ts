import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { receiver, type Behaviour } from './receiver.test-support.ts';

// A process of its own: it says when the shutdown is over, and ends when nothing holds it any longer.
const PROGRAM = `
  import { metrics, trace } from '@opentelemetry/api';
  import { startTelemetry } from '@interpose/telemetry';
  const telemetry = startTelemetry({ endpoint: process.env.ENDPOINT, onDrop() {} });
  const record = () => {
    for (let n = 0; n < 600; n++) trace.getTracer('test').startSpan('a call').end();
    metrics.getMeter('test').createCounter('calls').add(1);
    telemetry.logger.info({}, 'a line');
  };
  record();
  await telemetry.flush(20);
  record();
  const { timedOut } = await telemetry.shutdown(process.env.TIMEOUT);
  process.stdout.write('timed out: ' + timedOut);
`;

async function run(
  endpoint: string,
  timeout: string,
): Promise<{ said: string; code: number; lingeredMs: number }> {
  const flags = ['--conditions=@interpose/source', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, '--input-type=module', '--eval', PROGRAM], {
    cwd: join(import.meta.dirname, '..'),
    env: { ...process.env, ENDPOINT: endpoint, TIMEOUT: timeout },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [said] = (await Promise.race([once(child.stdout, 'data'), exited])) as [unknown];
  const saidAt = performance.now();
  const [code] = (await exited) as [number];
  return { said: String(said), code, lingeredMs: performance.now() - saidAt };
}

test.each<[string, Behaviour | 'refuse', boolean]>([
  ['takes it', 'take', false],
  ['refuses the connection', 'refuse', true],
  ['is overloaded', { status: 503, retryAfter: 8 }, true],
  ['never answers', 'hang', true],
])(
  'a process ends when it has shut its telemetry down, and the collector %s',
  async (_, behaviour, timedOut) => {
    await using collector = await receiver(behaviour === 'refuse' ? 'take' : behaviour);
    if (behaviour === 'refuse') await collector.close();
    const { said, code, lingeredMs } = await run(collector.endpoint, timedOut ? '200ms' : '5s');
    expect([said, code]).toEqual([`timed out: ${timedOut}`, 0]);
    expect(lingeredMs).toBeLessThan(2000);
  },
);
