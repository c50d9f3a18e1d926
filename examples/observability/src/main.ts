/**
 * What an application's telemetry says of its model calls: traces drawn in the terminal, or, where a variable like
 * OTEL_EXPORTER_OTLP_ENDPOINT says where to, exported to a backend. `--content` records prompts and answers as well.
 * `--live` calls the real API instead of a fake provider on loopback, with OPENAI_API_KEY.
 */
import { parseArgs, styleText } from 'node:util';
import { interpose, layerOf } from '@interpose/openai';
import { log } from '@interpose/log';
import { retry } from '@interpose/retry';
import { fakeProvider } from '@interpose/testing';
import { trace } from '@interpose/trace';
import { SpanStatusCode, trace as otel } from '@opentelemetry/api';
import OpenAI from 'openai';
import { consoleTelemetry, exportedTelemetry } from './output.ts';
import { scenes, type Scene } from './scenes.ts';

const { live = false, content = false } = parseArgs({
  options: { live: { type: 'boolean' }, content: { type: 'boolean' } },
}).values;
if (live && !process.env['OPENAI_API_KEY']) {
  console.error('--live calls the real API: set the environment variable OPENAI_API_KEY');
  process.exit(2);
}

// First of all, so that everything below finds it.
const exporting = Object.entries(process.env).some(
  ([name, value]) => name.startsWith('OTEL_EXPORTER_OTLP_') && value,
);
const output = exporting ? exportedTelemetry() : consoleTelemetry(content);

const provider = live ? undefined : await fakeProvider();
const bare = provider ? new OpenAI({ baseURL: provider.baseURL, apiKey: 'not-a-key' }) : new OpenAI();

// The stack, outermost first: trace() before log(), so that each line knows its span.
const openai = interpose(bare, [
  trace(content ? { content: 'span' } : {}),
  log({ logger: output.telemetry.logger }),
  retry(),
]);

for (const scene of scenes(openai, provider)) await show(scene);

await layerOf(openai)?.close();
await provider?.close();
await output.end();

/** Plays a scene in a span; the spans of its calls become children of that one by themselves. */
function show({ name, play }: Scene): Promise<void> {
  return otel.getTracer('example').startActiveSpan(name, async (span) => {
    console.log(`\n● ${name}  ${styleText('dim', `trace ${span.spanContext().traceId}`)}`);
    try {
      console.log(`  ${await play()}`);
    } catch (error) {
      const { constructor, message } = error as Error;
      span.setAttribute('error.type', constructor.name);
      // Not the message of a provider, which may quote what was asked.
      span.setStatus({ code: SpanStatusCode.ERROR });
      console.log(`  ✗ ${constructor.name}: ${message}`);
    }
    span.end();
  });
}
