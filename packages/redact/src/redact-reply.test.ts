import { FETCH, chat, controlLayer, provide, responses, type Operation } from '@interpose/core';
import { interpose } from '@interpose/openai';
import { fakeProvider, scripted } from '@interpose/testing';
import fc from 'fast-check';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { RedactionError, redact, scrubber, type RedactOptions } from './index.ts';
import { EXAMPLES, TEST_RULES, noise } from './redact.test-support.ts';

const EMAIL = 'jane.doe@mail.example.org';
const KEY = `sk-${noise(48, 4)}`;
const SECRET = 'a key of the tests, not of anything';

interface Spoken {
  readonly content?: string;
  readonly arguments?: string;
  readonly reasoning?: string;
  readonly refusal?: string;
}

const WHOLE = 1_000_000;

/** The events of a chat stream in which every channel comes in parts of so many characters. */
function chatEvents(spoken: Spoken, size: number): object[] {
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    choices: [{ index: 0, delta, finish_reason }],
  });
  const parts = (text = '') =>
    Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size));
  return [
    ...parts(spoken.reasoning).map((reasoning_content) => chunk({ reasoning_content })),
    ...parts(spoken.content).map((content) => chunk({ content })),
    ...parts(spoken.refusal).map((refusal) => chunk({ refusal })),
    ...(spoken.arguments === undefined
      ? []
      : [
          chunk({
            tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '' } }],
          }),
        ]),
    ...parts(spoken.arguments).map((text) =>
      chunk({ tool_calls: [{ index: 0, function: { arguments: text } }] }),
    ),
    chunk({}, 'stop'),
  ];
}

/** The bytes of a stream, cut wherever that falls. */
function bytesOf(events: readonly object[], sizes: readonly number[]): ReadableStream<Uint8Array> {
  const all = Buffer.from(
    events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('') + 'data: [DONE]\n\n',
  );
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < all.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(all.subarray(at, (at += size)));
  }
  return ReadableStream.from(chunks) as ReadableStream<Uint8Array>;
}

/** What a caller gets of a chat stream, or of the plain reply that says the same. */
async function told(
  spoken: Spoken,
  how: { size: number; bytes: readonly number[] } | 'plain',
  options: RedactOptions = {},
): Promise<Spoken> {
  const events = how === 'plain' ? chatEvents(spoken, WHOLE) : chatEvents(spoken, how.size);
  const whole = chat.assemble(events);
  await using layer = controlLayer([
    redact({ rules: TEST_RULES, secret: SECRET, ...options }),
    provide(FETCH, async () =>
      how === 'plain'
        ? Response.json(whole)
        : new Response(bytesOf(events, how.bytes), { headers: { 'content-type': 'text/event-stream' } }),
    ),
  ]);
  const stream = how !== 'plain';
  const response = await layer.fetch('https://api.openai.com/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: `${EMAIL} ${KEY}` }] }),
  });
  const text = await response.text();
  const body = (stream ? chat.assemble(eventsOf(text)) : JSON.parse(text)) as {
    choices: { message: Message }[];
  };
  const { content, refusal, reasoning_content: reasoning, tool_calls: calls } = messageOf(body);
  return {
    ...(content && { content }),
    ...(refusal && { refusal }),
    ...(reasoning && { reasoning }),
    ...(calls && { arguments: calls[0]?.function.arguments as string }),
  };
}

const messageOf = (body: { choices: { message: Message }[] }): Message => body.choices[0]?.message ?? {};

interface Message {
  content?: string;
  refusal?: string;
  reasoning_content?: string;
  tool_calls?: { function: { arguments: string } }[];
}

const eventsOf = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)) as unknown);

const bits = fc.array(
  fc.constantFrom(
    ...EXAMPLES.map(([, text]) => text),
    ' ',
    'é',
    '🎈',
    'ok, ',
    '[EMAIL]',
    '.',
    '\n',
    '{',
    '"',
    'token: ',
  ),
  { maxLength: 5 },
);
const texts = bits.map((parts) => parts.join(''));

describe('a streamed reply', () => {
  test('says what the plain one says, in every channel, however its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          content: texts,
          reasoning: texts,
          refusal: texts,
          arguments: fc
            .dictionary(fc.constantFrom('a', 'password'), texts)
            .map((value) => JSON.stringify(value)),
        }),
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }),
        async (spoken, size, bytes) => {
          const plain = await told(spoken, 'plain');
          expect(await told(spoken, { size, bytes })).toEqual(plain);
          expect(() => JSON.parse(plain.arguments as string) as unknown).not.toThrow();
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);

  test('lets everything go that cannot become a match any more', async () => {
    const { stream, push } = manual();
    const layer = controlLayer([redact({ rules: TEST_RULES }), provide(FETCH, async () => stream)]);
    const response = await layer.fetch('https://api.openai.com/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: 'm', stream: true, messages: [] }),
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const seen: string[] = [];
    const next = async (content: string): Promise<void> => {
      push(...chatEvents({ content }, WHOLE).slice(0, 1), {
        choices: [{ index: 0, delta: { content: '' } }],
      });
      for (;;) {
        const { value } = await reader.read();
        const events = eventsOf(Buffer.from(value ?? []).toString()) as {
          choices: { delta: { content: string } }[];
        }[];
        const text = events.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
        if (text !== '') seen.push(text);
        if (events.some(({ choices }) => choices[0]?.delta.content === '')) return;
      }
    };
    for (const content of [
      'The quick',
      ' brown fox wri',
      'tes to jane',
      '.doe@mail.',
      'example',
      '.org, today. ',
    ])
      await next(content);
    await reader.cancel();
    expect(seen).toEqual(['The ', 'quick brown fox ', 'writes to ', '[EMAIL], today. ']);
  });
});

/** A streamed response whose events are given by hand. */
function manual(): { stream: Response; push(...events: object[]): void } {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
  return {
    stream: new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    push: (...events) =>
      controller?.enqueue(Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))),
  };
}

describe('a reply that ends before its time', () => {
  test('shows what was held back, redacted, wherever it is cut', async () => {
    const text = `write to ${EMAIL} or use ${KEY}.`;
    const scan = scrubber({ rules: TEST_RULES });
    for (let length = 1; length <= text.length; length++) {
      const events = chatEvents({ content: text.slice(0, length) }, 5).slice(0, -1);
      await using layer = controlLayer([
        redact({ rules: TEST_RULES }),
        () => scripted([{ events, done: false }]),
      ]);
      const response = await layer.fetch('https://api.openai.com/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ model: 'm', stream: true, messages: [] }),
      });
      const body = chat.assemble(eventsOf(await response.text())) as { choices: { message: Message }[] };
      expect(body.choices[0]?.message.content).toBe(scan(text.slice(0, length)));
    }
  });

  test('shows nothing more once the caller has left', async () => {
    const { stream, push } = manual();
    const layer = controlLayer([redact({ rules: TEST_RULES }), provide(FETCH, async () => stream)]);
    const response = await layer.fetch('https://api.openai.com/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: 'm', stream: true, messages: [] }),
    });
    push(...chatEvents({ content: `so jane.doe@mail` }, WHOLE).slice(0, 1));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const first = Buffer.from((await reader.read()).value ?? []).toString();
    await reader.cancel();
    const rest = await reader.read();
    expect([first.includes('so '), first.includes('jane'), rest]).toEqual([
      true,
      false,
      { done: true, value: undefined },
    ]);
  });

  test('is ended by what is to be blocked', async () => {
    const text = `the key is ${KEY}, and more of it follows`;
    const provider = fakeProvider.inProcess({ script: [{ text }, { text }] });
    const openai = interpose(
      new OpenAI({ apiKey: 'test', baseURL: provider.baseURL, fetch: provider.fetch }),
      [redact({ rules: TEST_RULES, reply: { 'openai-key': 'block' } })],
    );
    const params = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] };
    let seen = '';
    const read = async (): Promise<void> => {
      for await (const chunk of await openai.chat.completions.create({ ...params, stream: true })) {
        seen += chunk.choices[0]?.delta.content ?? '';
      }
    };
    await expect(read()).rejects.toThrow(RedactionError);
    expect(seen).toBe('the key is ');
    await expect(openai.chat.completions.create(params)).rejects.toMatchObject({
      rule: 'openai-key',
      direction: 'reply',
    });
  });

  test('is ended by a rule that breaks, or shown from there as it is', async () => {
    const rules = TEST_RULES.map((rule) =>
      rule.id === 'email'
        ? {
            ...rule,
            validate: () => {
              throw new Error(EMAIL);
            },
          }
        : rule,
    );
    for (const onFault of ['closed', 'open'] as const) {
      const layer = controlLayer([
        redact({ rules, onFault }),
        () => scripted([{ events: chatEvents({ content: `a b ${EMAIL} c. ` }, 6) }]),
      ]);
      const response = await layer.fetch('https://api.openai.com/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ model: 'm', stream: true, messages: [] }),
      });
      const read = response.text();
      if (onFault === 'open') expect(await read).toContain('"c. "');
      else await expect(read).rejects.toThrow('redact broke');
    }
  });
});

describe('what the request had is put back', () => {
  const options: RedactOptions = {
    restore: true,
    request: { default: 'mask', email: 'pseudonymise', phone: 'pseudonymise' },
  };
  const said = 'Call 555-123-4567 or jane.doe@mail.example.org "now"';

  /** A model that repeats what it was asked, in its content and in the arguments of a call. */
  const echo = (operation: Operation) => (size: number) =>
    scripted([
      (call) => {
        const asked = JSON.stringify(
          operation.name === 'chat' ? call.params['messages'] : call.params['input'],
        );
        const placeholders = [...asked.matchAll(/\[(?:EMAIL|PHONE)_[0-9a-f]+\]/g)].map(([text]) => text);
        const content = `You said ${placeholders.join(' and ')}; I say [EMAIL_ffffff], bob@made.up.example.`;
        const spoken = { content, arguments: JSON.stringify({ to: placeholders }) };
        return call.streamed
          ? { events: chatEvents(spoken, size) }
          : (chat.assemble(chatEvents(spoken, size)) as object);
      },
    ]);

  test('in plain replies and in streams, wherever these are cut, in content and in arguments', async () => {
    for (const stream of [false, true]) {
      for (let size = 1; size <= 40; size++) {
        await using layer = controlLayer([redact({ rules: TEST_RULES, ...options }), () => echo(chat)(size)]);
        const response = await layer.fetch('https://api.openai.com/v1/chat/completions', {
          method: 'POST',
          body: JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: said }] }),
        });
        const text = await response.text();
        const body = (stream ? chat.assemble(eventsOf(text)) : JSON.parse(text)) as {
          choices: { message: Message }[];
        };
        const { content, tool_calls: calls } = messageOf(body);
        expect(content).toBe(
          'You said 555-123-4567 and jane.doe@mail.example.org; I say [EMAIL_ffffff], [EMAIL].',
        );
        expect(JSON.parse(calls?.[0]?.function.arguments ?? '')).toEqual({ to: ['555-123-4567', EMAIL] });
      }
    }
  });

  test('as JSON where the request asks for JSON', async () => {
    const quoted = '"jane doe"@mail.example.org';
    const rules = [
      {
        ...TEST_RULES.find(({ id }) => id === 'email'),
        pattern: /"jane doe"@mail\.example\.org/,
        keywords: ['@'],
      },
    ] as typeof TEST_RULES;
    const provider = scripted([
      (call) => {
        const [placeholder] = /\[EMAIL_[0-9a-f]+\]/.exec(JSON.stringify(call.params)) as RegExpExecArray;
        return chat.assemble(chatEvents({ content: JSON.stringify({ to: placeholder }) }, WHOLE)) as object;
      },
    ]);
    const layer = controlLayer([redact({ rules, restore: true }), () => provider]);
    const response = await layer.fetch('https://api.openai.com/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({
        model: 'm',
        messages: [{ role: 'user', content: quoted }],
        response_format: { type: 'json_object' },
      }),
    });
    const body = (await response.json()) as { choices: { message: Message }[] };
    expect(JSON.parse(body.choices[0]?.message.content ?? '')).toEqual({ to: quoted });
  });

  test('of no other call', async () => {
    const seen: string[] = [];
    const provider = scripted([
      (call) => (
        seen.push(JSON.stringify(call.params['messages'])),
        chat.assemble(chatEvents({ content: 'ok' }, 9)) as object
      ),
      () =>
        chat.assemble(
          chatEvents({ content: /\[EMAIL_[0-9a-f]+\]/.exec(seen[0] ?? '')?.[0] ?? '' }, 99),
        ) as object,
    ]);
    const layer = controlLayer([redact({ rules: TEST_RULES, restore: true }), () => provider]);
    const ask = async (content: string) =>
      (
        await layer.fetch('https://api.openai.com/v1/chat/completions', {
          method: 'POST',
          body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }),
        })
      ).text();
    await ask(said);
    expect(await ask('nothing of the kind')).toMatch(/\[EMAIL_[0-9a-f]{6}\]/);
  });
});

test('a responses stream is redacted in each of its tellings', async () => {
  const provider = fakeProvider.inProcess({
    script: [
      { text: `so ${EMAIL}.`, reasoning: `hm, ${KEY}`, toolCalls: [{ name: 'f', arguments: { to: EMAIL } }] },
    ],
  });
  await using layer = controlLayer([redact({ rules: TEST_RULES }), provide(FETCH, provider.fetch)]);
  const response = await layer.fetch(`${provider.baseURL}/responses`, {
    method: 'POST',
    headers: { authorization: 'Bearer test' },
    body: JSON.stringify({
      model: 'gpt-5',
      input: 'hi',
      stream: true,
      tools: [{ type: 'function', name: 'f', parameters: {} }],
    }),
  });
  const text = await response.text();
  expect(text).toContain('[EMAIL]');
  expect(text).not.toMatch(/jane\.doe|sk-[A-Za-z0-9]{20}/);
  expect(JSON.stringify(responses.assemble(eventsOf(text)))).toContain('[EMAIL]');
});

test('units further in see what the model wrote redacted', async () => {
  const provider = fakeProvider.inProcess({ script: [{ text: `so ${EMAIL}.` }] });
  const seen: unknown[] = [];
  await using layer = controlLayer([
    redact({ rules: TEST_RULES }),
    (next) => async (call) => {
      const reply = await next(call);
      seen.push(await reply.json());
      return reply;
    },
    provide(FETCH, provider.fetch),
  ]);
  const response = await layer.fetch(`${provider.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer test' },
    body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }] }),
  });
  const told = await response.json();
  expect(messageOf(seen[0] as { choices: { message: Message }[] }).content).toBe('so [EMAIL].');
  expect(told).toEqual(seen[0]);
});
