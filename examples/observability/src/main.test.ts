import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { receiver } from '../../../packages/telemetry/src/receiver.test-support.ts';

/** Runs the example in an environment of its own. */
async function run(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const flags = ['--conditions=@interpose/source', '--disable-warning=ExperimentalWarning'];
  const command = [...flags, join(import.meta.dirname, 'main.ts'), ...args];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, command, { env });
  expect(stderr).toBe('');
  return stdout;
}

/** What does not depend on time, line by line. */
function timeless(output: string): string[] {
  return output.split('\n').map((line) =>
    line
      .replaceAll(/[█▏▎▍▌▋▊▉]+/g, '')
      .replaceAll(/\d+(\.\d)? ms/g, 'n ms')
      .replace(/\((backoff|retry-after)\)/, '(why)')
      .replaceAll(/ +/g, ' ')
      .trim(),
  );
}

test('without a backend, traces are drawn and metrics told, in plain text', async () => {
  const output = await run(['--content']);
  const lines = timeless(output);
  const from = lines.indexOf('answer a question n ms');
  expect(lines.slice(from, lines.indexOf('', from))).toEqual(
    expect.arrayContaining([
      'answer a question n ms',
      '├─ embeddings text-embedding-3-small n ms 9 tokens',
      '│ └─ attempt 1 n ms',
      '├─ chat gpt-4o-mini n ms 96 → 9 tokens, tool_calls',
      '├─ execute_tool weather n ms',
      '└─ chat gpt-4o-mini n ms 81 → 11 tokens, stop, 2 attempts',
      '│ ▲ +n ms attempt 1: overloaded',
      '│ ▲ +n ms waits n ms (why)',
      '│ ▲ +n ms first chunk',
      '│ in user: Do I need a coat in Zurich today?',
      '│ out assistant: Yes: it is 4 degrees and windy in Zurich.',
      '├─ attempt 1 n ms ✗ overloaded, 503',
      '└─ attempt 2 n ms',
    ]),
  );
  expect(lines).toEqual(
    expect.arrayContaining([
      '✗ RateLimitError: 429 You exceeded your current quota, please check your plan and billing details.',
      '└─ chat gpt-4o-mini n ms ✗ quota_exhausted, 429',
      'log WARN chat gpt-4o-mini failed in n ms: 429 quota_exhausted (insufficient_quota)',
      '└─ chat gpt-4o-mini n ms aborted',
      'interpose.retries gpt-4o-mini, answer 1',
    ]),
  );
  expect(Math.max(...output.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(output).not.toContain('\u001B');
}, 60_000);

test('with an endpoint in the environment, all is exported there, and the report says so', async () => {
  await using collector = await receiver();
  const output = await run([], { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
  const { spans, metrics, logs } = collector;
  expect(output).toMatch(
    /^Exported: 17 spans, \d\d data points of metrics, 6 log records\.\nLost: nothing\.$/m,
  );
  expect([spans.length, logs.length]).toEqual([17, 6]);
  expect(metrics.map(({ name }) => name)).toContain('gen_ai.client.inference.duration');
  expect(new Set(spans.map(({ resource }) => resource['service.name']))).toEqual(
    new Set(['interpose-example']),
  );
  // The ids that were printed are those that arrived, of spans and of log records.
  const printed = new Set([...output.matchAll(/trace ([\da-f]{32})/g)].map(([, id]) => id));
  expect(printed.size).toBe(3);
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(printed);
  expect(new Set(logs.map(({ traceId }) => traceId))).toEqual(printed);
  expect(JSON.stringify([spans, metrics, logs])).not.toContain('Do I need a coat');
}, 60_000);
