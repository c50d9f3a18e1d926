import { FETCH, SCRUBBER, chat, controlLayer, provide, type Call, type StackEntry } from '@interpose/core';
import { interpose } from '@interpose/openai';
import { callOf, fakeProvider, recordEvents, scripted, type ScriptedResult } from '@interpose/testing';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { RedactionError, redact, unread, type RedactOptions } from './index.ts';
import { TEST_RULES, noise } from './redact.test-support.ts';

const EMAIL = 'jane.doe@mail.example.org';
const KEY = `sk-${noise(48, 4)}`;
const SECRET = 'a key of the tests, not of anything';
const answer = (content: string) => ({
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
});

/** A layer over scripted answers; what it is asked, it keeps. */
function bench(options: RedactOptions, answers: readonly ScriptedResult[], more: readonly StackEntry[] = []) {
  const provider = scripted(answers);
  const layer = controlLayer([
    redact({ rules: TEST_RULES, secret: SECRET, ...options }),
    ...more,
    () => provider,
  ]);
  const events = recordEvents(layer);
  async function ask(params: object, path = 'chat/completions', init: RequestInit = {}): Promise<Response> {
    return layer.fetch(`https://api.openai.com/v1/${path}`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', ...params }),
      ...init,
    });
  }
  return { ask, layer, provider, events };
}

/** What becomes of a request. */
async function sent(params: object, path?: string, options: RedactOptions = {}): Promise<unknown> {
  const { ask, provider, layer } = bench(options, [answer('ok')]);
  await (await ask(params, path)).text();
  await layer.close();
  return provider.calls[0]?.params;
}

const messages = (content: unknown, role = 'user') => ({ messages: [{ role, content }] });

describe('what is sent', () => {
  test('is redacted in every role, part and field of a chat request', async () => {
    const redacted = await sent({
      messages: [
        { role: 'system', content: `of ${EMAIL}` },
        { role: 'developer', content: [{ type: 'text', text: EMAIL }] },
        {
          role: 'user',
          name: EMAIL,
          content: [
            { type: 'text', text: EMAIL },
            { type: 'file', file: { filename: `${EMAIL}.pdf` } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          refusal: EMAIL,
          tool_calls: [
            {
              id: 'c',
              type: 'function',
              function: { name: 'f', arguments: `{"to":"jane.doe\\u0040mail.example.org"}` },
            },
            { id: 'd', type: 'custom', custom: { name: 'g', input: EMAIL } },
          ],
        },
        { role: 'tool', tool_call_id: 'c', content: `{"found":"${EMAIL}"}` },
      ],
      tools: [
        {
          type: 'function',
          function: {
            name: 'f',
            description: EMAIL,
            parameters: {
              type: 'object',
              properties: { to: { description: EMAIL, enum: [EMAIL], default: EMAIL } },
            },
          },
        },
      ],
      response_format: {
        type: 'json_schema',
        json_schema: { name: 's', description: EMAIL, schema: { title: EMAIL } },
      },
      metadata: { by: EMAIL },
      user: EMAIL,
      safety_identifier: EMAIL,
      prompt_cache_key: EMAIL,
    });
    expect(JSON.stringify(redacted)).not.toMatch(/jane|example\.org/);
    expect(JSON.stringify(redacted).split('[EMAIL]').length - 1).toBe(19);
  });

  test.each([
    [
      'responses',
      {
        instructions: EMAIL,
        input: [
          { role: 'user', content: [{ type: 'input_text', text: EMAIL }] },
          { type: 'function_call_output', output: EMAIL },
          { type: 'function_call', arguments: `{"a":"${EMAIL}"}` },
        ],
        metadata: { a: EMAIL },
        safety_identifier: EMAIL,
      },
      6,
    ],
    ['embeddings', { input: [EMAIL, 'b', EMAIL], user: EMAIL }, 3],
    ['embeddings', { input: EMAIL }, 1],
    ['completions', { prompt: [EMAIL], suffix: EMAIL }, 2],
    ['moderations', { input: [{ type: 'text', text: EMAIL }] }, 1],
    ['images/generations', { prompt: EMAIL, user: EMAIL }, 2],
    ['audio/speech', { input: EMAIL, instructions: EMAIL }, 2],
  ])('is redacted in %s', async (path, params, count) => {
    const redacted = JSON.stringify(await sent(params, path));
    expect([redacted.includes('jane'), redacted.split('[EMAIL]').length - 1]).toEqual([false, count]);
  });

  test('is redacted in the fields and the names of the files of a form', async () => {
    const provider = fakeProvider.inProcess();
    const forms: unknown[] = [];
    const openai = interpose(
      new OpenAI({ apiKey: 'test', baseURL: provider.baseURL, fetch: provider.fetch }),
      [redact({ rules: TEST_RULES }), (next) => (call) => (forms.push(call.params), next(call))],
    );
    const file = new File(['sound'], `${EMAIL}.wav`, { type: 'audio/wav' });
    await openai.audio.transcriptions
      .create({ model: 'whisper-1', prompt: `with ${EMAIL}`, file })
      .catch(() => {});
    const [form] = forms as { prompt: string; file: File }[];
    expect([form?.prompt, form?.file.name, form?.file.type, await form?.file.text()]).toEqual([
      'with [EMAIL]',
      '[EMAIL]',
      'audio/wav',
      'sound',
    ]);
  });

  test('is the very call where there is nothing in it', async () => {
    const call = callOf({ operation: chat, params: messages('good morning') });
    const provider = scripted([answer('ok')]);
    const seen: Call[] = [];
    const layer = controlLayer([
      redact({ rules: TEST_RULES, reply: 'off' }),
      () => (inner) => (seen.push(inner), provider(inner)),
    ]);
    const [input, init] = call.request();
    await layer.fetch(input as string, init);
    expect(seen[0]?.request()[1].body).toBe(init.body);
  });
});

describe('what becomes of what is found', () => {
  test.each([
    ['mask', 'to [EMAIL], [EMAIL]'],
    ['pseudonymise', 'to [EMAIL_5e0bd4], [EMAIL_5e0bd4]'],
    ['hash', 'to [EMAIL_1c8c9b1b2a3d4e5f], [EMAIL_1c8c9b1b2a3d4e5f]'],
    ['report', `to ${EMAIL}, ${EMAIL}`],
    ['off', `to ${EMAIL}, ${EMAIL}`],
  ] as const)('%s', async (request, expected) => {
    const params = (await sent(messages(`to ${EMAIL}, ${EMAIL}`), undefined, { request })) as {
      messages: { content: string }[];
    };
    const shape = (text?: string) =>
      text?.replaceAll(/_[0-9a-f]{16}\]/g, '_16]').replaceAll(/_[0-9a-f]{6}\]/g, '_6]');
    expect(shape(params.messages[0]?.content)).toBe(shape(expected));
  });

  test('is decided for each rule, and what is only told keeps nothing from being replaced', async () => {
    const request = { default: 'report', email: 'mask' } as const;
    const params = await sent(messages(`password=${EMAIL} ${KEY}`), undefined, { request });
    expect(params).toMatchObject(messages(`password=[EMAIL] ${KEY}`));
  });

  test('block refuses with the rule and the place, and nothing of the text', async () => {
    const { ask, provider, events } = bench({ request: 'block' }, [answer('ok')]);
    const response = await ask(messages(`my ${KEY}`));
    expect(await response.json()).toEqual({
      error: {
        message:
          'The rule openai-key blocks what stands in messages.0.content of the request. The call was not sent.',
        type: 'interpose_error',
        code: 'redaction_blocked',
        param: null,
      },
    });
    expect([response.status, provider.calls.length]).toEqual([400, 0]);
    expect(events.lines).toEqual([
      'start',
      'redaction {"rule":"openai-key","kind":"OPENAI_KEY","place":"messages.0.content","direction":"request","action":"block","count":1}',
      'refusal redaction_blocked',
    ]);
  });

  test('pseudonyms are the same for a tenant and its text, and hang on tenant and key', async () => {
    const pseudonym = async (tenant: string, secret: string) => {
      const { ask, provider } = bench({ request: 'pseudonymise', secret }, [answer('ok')]);
      await ask(messages(EMAIL), undefined, { headers: { 'x-interpose-tenant': tenant } });
      const { messages: said = [] } = (provider.calls[0]?.params ?? {}) as Partial<
        ReturnType<typeof messages>
      >;
      return said[0]?.content;
    };
    const one = await pseudonym('acme', SECRET);
    expect(await pseudonym('acme', SECRET)).toBe(one);
    expect(await pseudonym('other', SECRET)).not.toBe(one);
    expect(await pseudonym('acme', 'another key of 16 letters')).not.toBe(one);
  });

  test('what is allowed is let through', async () => {
    const allow = [EMAIL, /@corp\.example$/g];
    const params = await sent(messages(`${EMAIL} a@corp.example b@else.example`), undefined, { allow });
    expect(params).toMatchObject(messages(`${EMAIL} a@corp.example [EMAIL]`));
  });
});

test('tells what was found where, how often, and nothing of it', async () => {
  const notices: string[] = [];
  const { ask, events } = bench(
    { onMatch: ({ call: _call, ...notice }) => notices.push(JSON.stringify(notice)) },
    [answer(`so ${EMAIL}`)],
  );
  await (await ask({ messages: [{ role: 'user', content: `${EMAIL} ${EMAIL} ${KEY}` }] })).text();
  const told = [
    '{"rule":"email","kind":"EMAIL","place":"messages.0.content","direction":"request","action":"mask","count":2}',
    '{"rule":"openai-key","kind":"OPENAI_KEY","place":"messages.0.content","direction":"request","action":"mask","count":1}',
    '{"rule":"email","kind":"EMAIL","place":"choice:0:content","direction":"reply","action":"mask","count":1}',
  ];
  expect(notices).toEqual(told);
  expect(events.lines.filter((line) => line.startsWith('redaction'))).toEqual(
    told.map((line) => `redaction ${line}`),
  );
});

test('tells of what it cannot look into, each time as an event, once in the log', async () => {
  const { ask, layer } = bench({}, [answer('a'), answer('b'), { data: [] }]);
  const what: string[] = [];
  layer.events.on(unread, ({ data }) => what.push(data.what));
  const parts = [
    { type: 'image_url', image_url: { url: 'data:' } },
    { type: 'input_audio', input_audio: {} },
  ];
  await ask(messages(parts));
  await ask(messages(parts.slice(0, 1)));
  await ask({ input: [[1, 2], [3]] }, 'embeddings');
  expect(what).toEqual(['image', 'audio', 'image', 'tokens']);
});

test('provides the scrubber of the layer', async () => {
  let scrubbed = '';
  const { layer } = bench(
    { request: 'off' },
    [],
    [
      {
        name: 'asks',
        create: (container) => (
          (scrubbed = container.resolve(SCRUBBER).scrub(`by ${EMAIL}`)),
          (next) => next
        ),
      },
    ],
  );
  await layer.close();
  expect(scrubbed).toBe('by [EMAIL]');
});

test('a rule that breaks refuses the call, or lets it go where that is asked for', async () => {
  const rules = [
    {
      ...TEST_RULES[0],
      validate: () => {
        throw new Error('no');
      },
    },
  ] as typeof TEST_RULES;
  for (const [onFault, status] of [
    ['closed', 500],
    ['open', 200],
  ] as const) {
    const { ask, provider, events } = bench({ rules, onFault }, [answer('ok')]);
    expect((await ask(messages(KEY))).status).toBe(status);
    expect(provider.calls.length).toBe(onFault === 'open' ? 1 : 0);
    expect(events.lines).toContain(`fault redact ${onFault}`);
  }
});

describe('detectors', () => {
  const names = (detect: (text: string, at: { signal: AbortSignal }) => unknown) =>
    ({ id: 'names', kinds: ['NAME', 'PLACE'], detect }) as NonNullable<RedactOptions['detectors']>[number];
  const jane = names(async (text) =>
    [...text.matchAll(/Jane|Rome/g)].map(({ 0: word, index }) => ({
      start: index,
      end: index + 4,
      kind: word === 'Rome' ? 'PLACE' : 'NAME',
    })),
  );

  test('find in requests and whole replies, beside the rules', async () => {
    const { ask, provider } = bench({ detectors: [jane] }, [answer(`Jane of Rome, ${EMAIL}`)]);
    const reply = (await (await ask(messages(`Jane, ${EMAIL}`))).json()) as ReturnType<typeof answer>;
    expect(provider.calls[0]?.params).toMatchObject(messages('[NAME], [EMAIL]'));
    expect(reply.choices[0]?.message.content).toBe('[NAME] of [PLACE], [EMAIL]');
  });

  test('are told of by streams, which they do not see', async () => {
    const { ask, layer } = bench({ detectors: [jane] }, [
      { events: [{ choices: [{ index: 0, delta: { content: 'Jane' } }] }] },
    ]);
    const what: string[] = [];
    layer.events.on(unread, ({ data }) => what.push(data.what));
    expect(await (await ask({ ...messages('hi'), stream: true })).text()).toContain('Jane');
    expect(what).toEqual(['stream']);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
    ['takes too long', () => new Promise(() => {})],
    ['finds what is no span', () => [{ start: 3, end: 99_999 }]],
    ['finds what it does not know', () => [{ start: 0, end: 1, kind: 'OTHER' }]],
  ])('one that %s refuses the call, or leaves it to the rules', async (_, detect) => {
    for (const [onFault, status] of [
      ['closed', 500],
      ['open', 200],
    ] as const) {
      const options = { detectors: [names(detect)], detectorTimeout: 10, onFault } as const;
      const { ask, provider, events } = bench({ ...options, reply: 'off' }, [answer('ok')]);
      expect((await ask(messages(EMAIL))).status).toBe(status);
      expect(provider.calls.map(({ params }) => params)).toMatchObject(
        onFault === 'open' ? [messages('[EMAIL]')] : [],
      );
      expect(events.lines).toContain(`fault redact ${onFault}`);
    }
  });

  test('are told when the caller gives up', async () => {
    const aborting = new AbortController();
    let told = false;
    const waits = names(
      (_text, { signal }) => new Promise(() => signal.addEventListener('abort', () => (told = true))),
    );
    const { ask } = bench({ detectors: [waits] }, [answer('ok')]);
    const asked = ask(messages('hi'), undefined, { signal: aborting.signal });
    aborting.abort();
    await expect(asked).rejects.toThrow('aborted');
    expect(told).toBe(true);
  });
});

describe('wrong options are refused', () => {
  test.each<[RedactOptions | object, string]>([
    [
      { request: 'hide' },
      'redact: request must be one of mask, pseudonymise, hash, block, report, off, or an object with one of these for each id, got "hide"',
    ],
    [
      { request: { emial: 'mask' } },
      'redact: request must be of rules and detectors that there are, got "emial"',
    ],
    [{ restore: true, request: 'mask' }, 'redact: restore puts back what pseudonyms stand for'],
    [{ secret: 'short' }, 'redact: secret must be a text or bytes, at least 16 long'],
    [
      { rules: [{ ...TEST_RULES[0], pattern: /a+/ }] },
      'redact: the pattern of rule openai-key cannot be used: the quantifier + at 1 has no bound',
    ],
    [
      { rules: [{ ...TEST_RULES[0], pattern: /(a)\1/ }] },
      'redact: the pattern of rule openai-key cannot be used: there is something that rules cannot use at 3',
    ],
    [
      { rules: [{ ...TEST_RULES[0], pattern: /a(?=bc)/ }] },
      'the look-around at 1 is of more than one character',
    ],
    [
      { rules: [{ ...TEST_RULES[0], pattern: /a{0,3}/ }] },
      'redact: pattern of rule openai-key must be a pattern that matches no empty text',
    ],
    [
      { rules: [{ ...TEST_RULES[0], maxLength: 10 }] },
      'redact: maxLength of rule openai-key must be at least 191, which its pattern can match, got 10',
    ],
    [{ rules: [TEST_RULES[0], TEST_RULES[0]] }, 'redact: there are two rules openai-key'],
    [
      { detectors: [{ id: 'email', kinds: ['A'], detect() {} }] },
      'redact: the id of a detector must be a text that is the id of no rule',
    ],
  ])('%o', (options, message) => {
    expect(() => redact({ rules: TEST_RULES, ...options })).toThrow(message);
  });
});

test('the caller gets the error itself', async () => {
  const provider = fakeProvider.inProcess();
  const client = new OpenAI({ apiKey: 'test', baseURL: provider.baseURL });
  const openai = interpose(client, [
    redact({ rules: TEST_RULES, request: 'block' }),
    provide(FETCH, provider.fetch),
  ]);
  const error: unknown = await openai.chat.completions
    .create({ model: 'm', messages: [{ role: 'user', content: KEY }] })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RedactionError);
  expect(error).toBeInstanceOf(OpenAI.APIError);
  expect(error).toMatchObject({ rule: 'openai-key', place: 'messages.0.content', direction: 'request' });
});
