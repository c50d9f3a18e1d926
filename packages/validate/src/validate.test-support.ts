import {
  CLOCK,
  SCRUBBER,
  controlLayer,
  findInterposeError,
  provide,
  refusalOf,
  type Interceptor,
  type Layer,
  type Outcome,
  type StackEntry,
} from '@interpose/core';
import {
  fakeClock,
  fakeProvider,
  recordEvents,
  type FakeClock,
  type FakeProvider,
  type ScriptedReply,
} from '@interpose/testing';
import { validate, type InvalidOutputError, type ValidateOptions } from './index.ts';

/** A layer with `validate` over a provider that says what is scripted. */
export interface Stage extends AsyncDisposable {
  readonly provider: FakeProvider;
  readonly layer: Layer;
  readonly clock: FakeClock;
  /** What became of all replies that the layer gave. */
  readonly outcomes: readonly Outcome[];
  /** The events, one a line. */
  readonly lines: readonly string[];
  /** Asks, and reads the answer. */
  ask(params: object, init?: AskInit): Promise<Answer>;
}

interface AskInit {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** What a call came to. */
export interface Answer {
  /** What the model said, in all channels. */
  readonly text: string;
  readonly finish: string;
  readonly header: string | null;
  readonly error?: InvalidOutputError;
  /** What was thrown that is no error of this project. */
  readonly thrown?: unknown;
  readonly body: string;
}

export function stage(
  options: ValidateOptions,
  script: readonly ScriptedReply[] = [],
  more: { readonly around?: readonly StackEntry[]; readonly beneath?: readonly StackEntry[] } = {},
): Stage {
  const provider = fakeProvider.inProcess({ script });
  const clock = fakeClock();
  const scrubber = provide(SCRUBBER, { scrub: (text: string) => text.replaceAll('secret', '***') });
  const outcomes: Outcome[] = [];
  const watch: Interceptor = (next) => async (call) => {
    const reply = await next(call);
    void reply.outcome.then((outcome) => outcomes.push(outcome));
    return reply;
  };
  const layer = controlLayer([
    watch,
    ...(more.around ?? []),
    validate(options),
    ...(more.beneath ?? []),
    provide(CLOCK, clock),
    scrubber,
  ]);
  const events = recordEvents(layer);
  return {
    provider,
    layer,
    clock,
    outcomes,
    lines: events.lines,
    ask: async (params, { path = 'chat/completions', headers, signal } = {}) => {
      const sent = layer.send(
        `${provider.baseURL}/${path}`,
        {
          method: 'POST',
          body: JSON.stringify(params),
          headers: { authorization: 'Bearer test', 'content-type': 'application/json', ...headers },
          ...(signal && { signal }),
        },
        { transport: provider.fetch },
      );
      return answerOf(sent);
    },
    [Symbol.asyncDispose]: async () => {
      await layer.close();
      await provider.close();
    },
  };
}

async function answerOf(sent: Promise<Response>): Promise<Answer> {
  let body = '';
  let header: string | null = null;
  try {
    const response = await sent;
    header = response.headers.get('x-interpose-validate');
    const refusal = response.status >= 400 ? response.headers : undefined;
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) body += decoder.decode(chunk, { stream: true });
    const error = refusal && refusalOf(refusal);
    return { ...said(body), header, body, ...(error && { error: error as InvalidOutputError }) };
  } catch (thrown) {
    const error = findInterposeError(thrown) as InvalidOutputError | undefined;
    return { ...said(body), header, body, ...(error ? { error } : { thrown }) };
  }
}

/** What the model said, whole or streamed, chat or responses. */
function said(body: string): { text: string; finish: string } {
  const values = body.startsWith('{')
    ? [JSON.parse(body) as Json]
    : body
        .split('\n')
        .flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6)) as Json] : []));
  let text = '';
  let finish = '';
  for (const value of values) {
    if (typeof value.delta === 'string') text += value.delta;
    if (value.object === 'response')
      for (const item of value.output ?? []) text += item.arguments ?? item.content?.[0]?.text ?? '';
    for (const { message, delta, finish_reason: reason } of value.choices ?? []) {
      const part = message ?? delta ?? {};
      text += part.content ?? '';
      for (const call of part.tool_calls ?? []) text += call.function?.arguments ?? '';
      finish = reason ?? finish;
    }
  }
  return { text, finish };
}

interface Part {
  content?: string | null;
  tool_calls?: { function?: { arguments?: string } }[];
}

interface Json {
  object?: string;
  delta?: unknown;
  output?: { arguments?: string; content?: { text?: string }[] }[];
  choices?: { message?: Part; delta?: Part; finish_reason?: string | null }[];
}

/** A format that asks for JSON of a schema. */
export function format(schema: object): object {
  return { type: 'json_schema', json_schema: { name: 'answer', schema } };
}

export const PERSON = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0 } },
  required: ['name', 'age'],
  additionalProperties: false,
};

/** The messages of a request. */
export function messagesOf({ provider }: Stage, request: number): readonly Message[] {
  return (provider.requests[request]?.body as { messages: readonly Message[] } | undefined)?.messages ?? [];
}

interface Message {
  readonly role: string;
  readonly content: string;
  readonly tool_calls?: readonly { readonly id: string }[];
}

export const HI = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Who?' }] };
