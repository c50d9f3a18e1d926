import { tags } from '@interpose/openai';
import { insufficientQuota, overloaded, type FakeProvider } from '@interpose/testing';
import { trace } from '@opentelemetry/api';
import type OpenAI from 'openai';

/** Something that an application does, in a span of its own. Gives what came of it. */
export interface Scene {
  readonly name: string;
  readonly play: () => Promise<string>;
}

const model = 'gpt-4o-mini';

/**
 * What the example traces.
 *
 * @param provider told how to answer, as slowly as a model and not always well; undefined where the API is real.
 */
export function scenes(openai: OpenAI, provider: FakeProvider | undefined): Scene[] {
  const tracer = trace.getTracer('example');

  /** Searches, lets the model call a tool, and streams its answer; the provider is overloaded on the way. */
  async function answer(): Promise<string> {
    provider?.script(
      { latency: 25 },
      { latency: 70, toolCalls: [{ name: 'weather', arguments: { city: 'Zurich' } }] },
      overloaded({ retryAfterMs: 80 }),
      { latency: 20, firstContentDelay: 40, drip: 10, text: 'Yes: it is 4 degrees and windy in Zurich.' },
    );
    const options = tags({ endpoint: 'answer' });
    const question = 'Do I need a coat in Zurich today?';
    await openai.embeddings.create({ model: 'text-embedding-3-small', input: question }, options);
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: question }];
    const { output } = await openai.responses.create(
      { model, input, tools: [WEATHER], tool_choice: 'required' },
      options,
    );
    for (const call of output.filter((item) => item.type === 'function_call')) {
      const told = await weather(call.arguments);
      input.push(call, { type: 'function_call_output', call_id: call.call_id, output: told });
    }
    const stream = await openai.responses.create({ model, input, stream: true }, options);
    let text = '';
    for await (const event of stream) if (event.type === 'response.output_text.delta') text += event.delta;
    return `“${text}”`;
  }

  /** A span of the application, among those of its calls. */
  function weather(args: string): Promise<string> {
    return tracer.startActiveSpan('execute_tool weather', async (span) => {
      const { city } = JSON.parse(args) as { city: string };
      await new Promise((resolve) => setTimeout(resolve, 30));
      span.end();
      return `${city}: 4 degrees, windy`;
    });
  }

  /** The second page comes when the quota is spent, which no further attempt would help. */
  async function translate(): Promise<string> {
    provider?.script({ latency: 40, text: 'Seite eins.' }, { latency: 10, ...insufficientQuota() });
    const pages: string[] = [];
    for (const page of ['Page one.', 'Page two.']) {
      const messages = [{ role: 'user' as const, content: `Translate into German: ${page}` }];
      const reply = await openai.chat.completions.create(
        { model, messages },
        tags({ endpoint: 'translate' }),
      );
      pages.push(reply.choices[0]?.message.content ?? '');
    }
    return pages.map((page) => `“${page}”`).join(' ');
  }

  /** A reader who has seen enough. */
  async function suggest(): Promise<string> {
    provider?.script({ latency: 20, drip: 12, text: 'The long and winding story of a very small town' });
    const messages = [{ role: 'user' as const, content: 'Suggest a long title for my novel.' }];
    const params = { model, messages, stream: true } as const;
    const stream = await openai.chat.completions.create(params, tags({ endpoint: 'suggest' }));
    let text = '';
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (text.length > 20) break;
    }
    return `“${text}…”, and then the reader left`;
  }

  return [
    { name: 'answer a question', play: answer },
    { name: 'translate two pages', play: translate },
    { name: 'suggest a title', play: suggest },
  ];
}

const WEATHER: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'weather',
  description: 'The weather in a city.',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
  strict: true,
};
