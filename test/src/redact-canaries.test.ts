import { tags } from '@interpose/openai';
import type { ScriptedReply } from '@interpose/testing';
import type OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { ALL, CANARIES, found, rig, type Rig } from './redact-canaries.test-support.ts';

const escaped = (text: string): string =>
  text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
const METADATA = Object.fromEntries(Object.entries(CANARIES).map(([name, { text }]) => [name, text]));
const SCHEMA = {
  type: 'object',
  properties: { to: { type: 'string', description: ALL } },
};
const RAW_ARGUMENTS = `{"to":"${escaped(ALL)}"}`;

/** Requests with every canary in every place that holds text. */
const WIRES = {
  chat: (seed: number) => ({
    model: 'gpt-4o-mini',
    seed,
    max_completion_tokens: 4000,
    messages: [
      { role: 'system', content: `You know ${ALL}` },
      {
        role: 'user',
        name: 'ana',
        content: [
          { type: 'text', text: ALL },
          ...Object.values(METADATA).map((text) => ({
            type: 'file',
            file: { filename: `${text} .pdf`, file_data: 'data:application/pdf;base64,AA==' },
          })),
        ],
      },
      {
        role: 'assistant',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'look', arguments: RAW_ARGUMENTS } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: JSON.stringify({ found: METADATA }) },
    ],
    tools: [{ type: 'function', function: { name: 'look', description: ALL, parameters: SCHEMA } }],
    tool_choice: 'none',
    metadata: METADATA,
    user: CANARIES['email']?.text,
  }),
  responses: (seed: number) => ({
    model: 'gpt-4o-mini',
    temperature: seed / 1000,
    max_output_tokens: 4000,
    instructions: `You know ${ALL}`,
    input: [
      { role: 'user', content: [{ type: 'input_text', text: ALL }] },
      ...Object.values(METADATA).map((text) => ({
        role: 'user',
        content: [
          { type: 'input_file', filename: `${text} .pdf`, file_data: 'data:application/pdf;base64,AA==' },
        ],
      })),
      { type: 'function_call', call_id: 'call_1', name: 'look', arguments: RAW_ARGUMENTS },
      { type: 'function_call_output', call_id: 'call_1', output: JSON.stringify({ found: METADATA }) },
    ],
    tools: [{ type: 'function', name: 'look', description: ALL, parameters: SCHEMA, strict: false }],
    tool_choice: 'none',
    metadata: METADATA,
    user: CANARIES['email']?.text,
  }),
  embeddings: (seed: number) => ({
    model: 'text-embedding-3-small',
    dimensions: 8 + seed,
    input: [ALL, ...Object.values(METADATA)],
    user: CANARIES['email']?.text,
  }),
} as const;
type Wire = keyof typeof WIRES;

/** How a call goes wrong: what the provider does, knowing what it was sent, and what the caller does. */
interface Fault {
  readonly reply?: (said: string) => ScriptedReply;
  readonly params?: object;
  readonly options?: () => OpenAI.RequestOptions;
  readonly throws?: Rig['throws'];
  /** Whose call it is. @default somebody new */
  readonly user?: string;
}

const quoting = (said: string): { error: { message: string; type: string; param: string; code: null } } => ({
  error: { message: `Bad: ${said}`, type: 'invalid_request_error', param: said, code: null },
});

const FAULTS: readonly Fault[] = [
  {},
  ...[400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504].map((status) => ({
    reply: (said: string) => ({ status, headers: { 'retry-after-ms': '1' }, body: quoting(said) }),
  })),
  { reply: (said) => ({ status: 500, body: `<html>${said}</html>` }) },
  { reply: (said) => ({ body: `{"broken": "${said}` }) },
  { reply: (said) => ({ text: said }) },
  { reply: () => ({ text: `It is ${ALL}`, reasoning: ALL }) },
  { reply: () => ({ refusal: ALL }) },
  { reply: () => ({ toolCalls: [{ name: 'look', arguments: { at: ALL } }] }) },
  { reply: () => ({ toolCalls: [{ name: 'look', arguments: RAW_ARGUMENTS }] }) },
  { reply: () => ({ text: ALL, malformed: 'json' }) },
  { reply: () => ({ text: ALL, malformed: 'sse' }) },
  { reply: () => ({ text: ALL, cut: { afterEvents: 1 } }) },
  { reply: () => ({ text: ALL, cut: { afterEvents: 9, how: 'reset' } }) },
  { reply: () => ({ text: ALL, cut: { atByte: 700 } }) },
  { reply: () => ({ text: ALL, chunkBytes: 7, finishReason: 'length' }) },
  { reply: (said) => ({ text: ALL, errorInStream: { afterEvents: 9, ...quoting(said) } }) },
  { reply: () => ({ refuse: true }) },
  {
    reply: () => ({ text: ALL, stall: { afterEvents: 9 } }),
    options: () => ({ signal: AbortSignal.timeout(50) }),
  },
  { reply: () => ({ latency: 10_000 }), options: () => ({ timeout: 40, maxRetries: 0 }) },
  { reply: () => ({ latency: 10_000 }), options: () => ({ signal: AbortSignal.timeout(30) }) },
  { params: { model: 'gpt-4o', max_completion_tokens: 900_000, max_output_tokens: 900_000 } },
  ...Array.from({ length: 6 }, () => ({ user: 'in a hurry' })),
  { throws: (params) => new Error(`not valid: ${JSON.stringify(params)}`) },
  { throws: (params) => Object.assign(new TypeError('not valid'), { params, cause: params }) },
];

/** Makes a call, and gives all that its caller gets of it: the answer, its texts put together, or the error. */
async function ask(stack: Rig, wire: Wire, stream: boolean, fault: Fault, number: number): Promise<unknown> {
  const { openai, provider } = stack;
  const { reply, params = {}, options = () => ({}), throws, user = `user ${number}` } = fault;
  provider.always(({ rawBody }) => reply?.(rawBody));
  stack.throws = throws;
  const body = { ...WIRES[wire](number), ...params, ...(stream && { stream }) } as never;
  const given = tags({ user }, options());
  const events: unknown[] = [];
  try {
    const answer: unknown = await {
      chat: () => openai.chat.completions.create(body, given),
      responses: () => openai.responses.create(body, given),
      embeddings: () => openai.embeddings.create(body, given),
    }[wire]();
    if (!stream) return answer;
    for await (const event of answer as AsyncIterable<unknown>) events.push(event);
    return { events, said: textsOf(events) };
  } catch (error) {
    return { error, events, said: textsOf(events) };
  }
}

/** What the deltas of a stream come to: a canary in pieces is one all the same. */
function textsOf(events: readonly unknown[]): readonly string[] {
  const texts = new Map<string, string>();
  const add = (channel: string, text: unknown): void => {
    if (typeof text === 'string') texts.set(channel, (texts.get(channel) ?? '') + text);
  };
  for (const event of events as Delta[]) {
    if (typeof event.delta === 'string') add(event.type ?? '', event.delta);
    const {
      content,
      refusal,
      reasoning_content: reasoning,
      tool_calls: calls,
    } = event.choices?.[0]?.delta ?? {};
    add('content', content);
    add('refusal', refusal);
    add('reasoning', reasoning);
    add('arguments', calls?.[0]?.function?.arguments);
  }
  return [...texts.values()].flatMap((text) => [text, unescaped(text)]);
}

interface Delta {
  readonly type?: string;
  readonly delta?: unknown;
  readonly choices?: readonly {
    readonly delta?: {
      readonly content?: unknown;
      readonly refusal?: unknown;
      readonly reasoning_content?: unknown;
      readonly tool_calls?: readonly { readonly function?: { readonly arguments?: unknown } }[];
    };
  }[];
}

const unescaped = (text: string): string =>
  text.replaceAll(/\\u([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** Makes all calls, and tells which canaries were seen where. */
async function hits(
  stack: Rig,
): Promise<{ readonly calls: number; readonly where: Readonly<Record<string, string[]>> }> {
  const callers: unknown[] = [];
  for (const wire of ['chat', 'responses', 'embeddings'] as const) {
    for (const fault of FAULTS) {
      for (const stream of wire === 'embeddings' ? [false] : [false, true]) {
        callers.push(await ask(stack, wire, stream, fault, callers.length));
      }
    }
  }
  const surfaces = { callers, ...(await stack.seen()) };
  const where = Object.entries(surfaces).map(([surface, value]) => [surface, found(value)] as const);
  return { calls: callers.length, where: Object.fromEntries(where) };
}

describe('no canary is seen anywhere, whatever goes wrong', () => {
  test('with every package in the stack', async () => {
    await using stack = await rig({});
    const { calls, where } = await hits(stack);
    expect(calls).toBeGreaterThan(150);
    expect(where).toEqual({
      callers: [],
      provider: [],
      logged: [],
      exported: [],
      spans: [],
      metrics: [],
      events: [],
      cached: [],
      ledger: [],
    });
  }, 60_000);

  test('which is due to redaction: without it they are seen', async () => {
    await using stack = await rig(undefined);
    const { where } = await hits(stack);
    const seen = Object.entries(where).filter(
      ([, canaries]) => canaries.length === Object.keys(CANARIES).length,
    );
    expect(seen.map(([surface]) => surface)).toEqual(['callers', 'provider', 'exported', 'spans', 'cached']);
  }, 60_000);
});

test('what the model writes reaches nobody, at whatever unit it is cut in two', async () => {
  await using stack = await rig({});
  const { openai, provider } = stack;
  const delta = (content: string): object => ({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-4o-mini',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  });
  const end = { ...delta(''), choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
  const leaked: string[] = [];
  for (const [name, { text, part }] of Object.entries(CANARIES)) {
    for (let cut = 1; cut < text.length; cut++) {
      const [before, after] = [`So: ${text.slice(0, cut)}`, `${text.slice(cut)} it is.`];
      provider.script({ events: [delta(before), delta(after), end] });
      const stream = await openai.chat.completions.create(
        { model: 'gpt-4o-mini', messages: [{ role: 'user', content: `${name} at ${cut}` }], stream: true },
        tags({ user: `${name} ${cut}` }),
      );
      let said = '';
      for await (const { choices } of stream) said += choices[0]?.delta.content ?? '';
      if (said.includes(part) || !/^So: \[[A-Z_]+\] it is\.$/.test(said))
        leaked.push(`${name} at ${cut}: ${said}`);
    }
  }
  expect(leaked).toEqual([]);
  expect(
    Object.entries(await stack.seen())
      .flatMap(([surface, value]) => found(value).map((name) => `${name} in ${surface}`))
      .filter((place) => !place.endsWith('in provider')),
  ).toEqual([]);
}, 60_000);

test('what a provider makes up itself is in the error that its caller gets, and nowhere else', async () => {
  await using stack = await rig({});
  const { openai, provider } = stack;
  for (const { text } of Object.values(CANARIES)) {
    const error = { message: `No access with ${text}`, type: text, code: text, param: text };
    for (const stream of [false, true]) {
      provider.script(
        { status: 401, body: { error } },
        { text: 'so', errorInStream: { afterEvents: 1, error } },
      );
      for (let call = 0; call < 2; call++) {
        const user = `${text.length} ${stream} ${call}`;
        const asked = openai.responses.create({ model: 'gpt-4o-mini', input: user, stream }, tags({ user }));
        const read = async (): Promise<void> => {
          const answer: unknown = await asked;
          if (stream) for await (const _event of answer as AsyncIterable<unknown>);
        };
        await read().catch(() => {});
      }
    }
  }
  const surfaces = Object.entries(await stack.seen());
  expect(surfaces.flatMap(([surface, value]) => found(value).map((name) => `${name} in ${surface}`))).toEqual(
    [],
  );
}, 60_000);
