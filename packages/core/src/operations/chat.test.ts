import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chat, type ChatParams } from './chat.ts';
import { isRecord, type JsonRecord } from './json.ts';
import {
  cut,
  inputLaws,
  places,
  rewrite,
  someText,
  streamedText,
  streamLaws,
  transforms,
} from './laws.test-support.ts';

const token = fc.record({
  token: someText,
  logprob: fc.constant(-0.5),
  bytes: fc.constant(null),
  top_logprobs: fc.constant([]),
});
const nullable = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { nil: null });

const toolCall = fc.oneof(
  fc.record({
    id: fc.constant('call_1'),
    type: fc.constant('function'),
    function: fc.record({ name: fc.constant('look'), arguments: someText }),
  }),
  fc.record({
    id: fc.constant('call_2'),
    type: fc.constant('custom'),
    custom: fc.record({ name: fc.constant('run'), input: someText }),
  }),
);

const message = fc.record(
  {
    role: fc.constant('assistant'),
    content: nullable(someText),
    refusal: nullable(someText),
    reasoning_content: someText,
    annotations: fc.constantFrom<unknown[]>(
      [],
      [{ type: 'url_citation', url_citation: { url: 'https://a' } }],
    ),
    tool_calls: fc.array(toolCall, { maxLength: 3 }),
    function_call: nullable(fc.record({ name: fc.constant('look'), arguments: someText })),
    x_note: fc.constant('kept'),
  },
  { requiredKeys: ['role', 'content'] },
);

const choices = fc.array(
  fc.record(
    {
      message,
      finish_reason: fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter'),
      logprobs: nullable(
        fc.record({ content: nullable(fc.array(token)), refusal: nullable(fc.array(token)) }),
      ),
      content_filter_results: fc.constant({ hate: { filtered: false } }),
    },
    { requiredKeys: ['message', 'finish_reason'] },
  ),
  { minLength: 1, maxLength: 3 },
);

const bodies = fc.record(
  {
    id: fc.constant('chatcmpl-1'),
    object: fc.constant('chat.completion'),
    created: fc.constant(1),
    model: fc.constant('gpt-4o'),
    choices: choices.map((list) => list.map((choice, index) => ({ index, ...choice }))),
    usage: fc.constant({ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }),
    service_tier: fc.constant('default'),
    system_fingerprint: fc.constant('fp_1'),
    x_cost: fc.constant(0.25),
  },
  { requiredKeys: ['id', 'object', 'created', 'model', 'choices'] },
);

/** Breaks chunks into smaller ones, joins some with the finish of their choice, and lets the choices interleave. */
function shatter(events: readonly unknown[], random: () => number): readonly unknown[] {
  const lanes = new Map<unknown, JsonRecord[]>();
  const tail: unknown[] = [];
  for (const event of events.filter(isRecord)) {
    const [choice] = Array.isArray(event['choices']) ? (event['choices'] as JsonRecord[]) : [];
    if (choice === undefined) {
      tail.push(event);
      continue;
    }
    const lane = lanes.get(choice['index']) ?? [];
    lanes.set(choice['index'], lane);
    const parts = cutDelta(choice['delta'] as JsonRecord, random);
    parts.forEach((delta, at) => {
      const last = at === parts.length - 1;
      // Log probabilities stay with the first part: how they are spread makes no difference to the sum.
      const tokens = at > 0 && 'logprobs' in choice ? { logprobs: null } : {};
      const part = { ...choice, ...tokens, delta, finish_reason: last ? choice['finish_reason'] : null };
      lane.push({ ...event, choices: [part] });
    });
    const [before, after] = lane.slice(-2).map((one) => (one['choices'] as JsonRecord[])[0]);
    if (typeof after?.['finish_reason'] === 'string' && random() < 0.5 && before?.['logprobs'] == null) {
      lane.splice(-2, 2, { ...event, choices: [{ ...before, ...after, delta: before?.['delta'] }] });
    }
  }
  const mixed: unknown[] = [];
  const queues = [...lanes.values()];
  while (queues.some((queue) => queue.length > 0)) {
    const next = queues[Math.floor(random() * queues.length)]?.shift();
    if (next !== undefined) mixed.push(next);
  }
  return [...mixed, ...tail];
}

function cutDelta(delta: JsonRecord, random: () => number): JsonRecord[] {
  const [only, ...others] = Object.keys(delta);
  if (only === undefined || others.length > 0) return [delta];
  const value = delta[only];
  if (typeof value === 'string' && value !== '') return cut(value, random).map((text) => ({ [only]: text }));
  if (only === 'function_call' && isRecord(value)) {
    const text = value['arguments'];
    if (typeof text === 'string' && text !== '' && Object.keys(value).length === 1) {
      return cut(text, random).map((part) => ({ function_call: { arguments: part } }));
    }
  }
  const [call] = only === 'tool_calls' && Array.isArray(value) ? (value as JsonRecord[]) : [];
  if (call === undefined || 'id' in call) return [delta];
  const [key, field] = 'function' in call ? ['function', 'arguments'] : ['custom', 'input'];
  const text = (call[key] as JsonRecord)[field] as string;
  return cut(text, random).map((part) => ({
    tool_calls: [{ index: call['index'], [key]: { [field]: part } }],
  }));
}

const chunk = (choice: object, rest: object = {}): JsonRecord => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  model: 'gpt-4o',
  ...rest,
  choices: [{ index: 0, finish_reason: null, ...choice }],
});

const params: ChatParams = {
  model: 'gpt-4o',
  max_tokens: 5,
  messages: [
    { role: 'system', content: 'sys', name: 'nick' },
    { role: 'developer', content: [{ type: 'text', text: 'dev', cache_control: { type: 'ephemeral' } }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'hi' },
        { type: 'image_url', image_url: { url: 'https://example.test/a.png' } },
        { type: 'file', file: { filename: 'cv.pdf', file_data: 'data:...' } },
      ],
    },
    {
      role: 'assistant',
      content: [{ type: 'refusal', refusal: 'no' }],
      refusal: 'never',
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'look', arguments: '{"q":1}' } },
        { id: 'b', type: 'custom', custom: { name: 'run', input: 'ls' } },
      ],
      function_call: { name: 'old', arguments: '{}' },
    },
    { role: 'tool', tool_call_id: 'a', content: 'result' },
    { role: 'function', name: 'old', content: 'older' },
  ],
  tools: [
    {
      type: 'function',
      function: {
        name: 'look',
        description: 'looks',
        parameters: {
          type: 'object',
          title: 'Args',
          properties: {
            title: { type: 'string', description: 'the title', enum: ['x', 'y'], default: 'x' },
            list: { type: 'array', items: { const: 'z', examples: ['e', { deep: 'f' }] } },
          },
          required: ['title'],
          $defs: { description: { anyOf: [{ title: 'alt' }, { type: 'null' }] } },
        },
      },
    },
    {
      type: 'custom',
      custom: {
        name: 'run',
        description: 'runs',
        format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'g' } },
      },
    },
  ],
  functions: [{ name: 'old', description: 'olds', parameters: { description: 'op' } }],
  response_format: {
    type: 'json_schema',
    json_schema: { name: 'n', description: 'fmt', schema: { description: 'root' } },
  },
  prediction: { type: 'content', content: 'guess' },
  web_search_options: { user_location: { type: 'approximate', approximate: { city: 'Rome' } } },
  metadata: { team: 'blue' },
  user: 'u1',
  stop: ['END'],
  safety_identifier: 'sid',
  x_unknown: 'kept',
};

describe('the params of a chat request', () => {
  inputLaws(chat, params);

  test('every text that a model reads is reached, with its place and role', () => {
    expect(places(chat, params)).toEqual([
      'messages.0.content (system): sys',
      'messages.0.name (system): nick',
      'messages.1.content.0.text (developer): dev',
      'messages.2.content.0.text (user): hi',
      'messages.2.content.2.file.filename (user): cv.pdf',
      'messages.3.content.0.refusal (assistant): no',
      'messages.3.refusal (assistant): never',
      'messages.3.tool_calls.0.function.arguments (assistant) json: {"q":1}',
      'messages.3.tool_calls.1.custom.input (assistant): ls',
      'messages.3.function_call.arguments (assistant) json: {}',
      'messages.4.content (tool): result',
      'messages.5.content (tool): older',
      'messages.5.name (tool): old',
      'tools.0.function.description: looks',
      'tools.0.function.parameters.title: Args',
      'tools.0.function.parameters.properties.title.description: the title',
      'tools.0.function.parameters.properties.title.default: x',
      'tools.0.function.parameters.properties.title.enum.0: x',
      'tools.0.function.parameters.properties.title.enum.1: y',
      'tools.0.function.parameters.properties.list.items.const: z',
      'tools.0.function.parameters.properties.list.items.examples.0: e',
      'tools.0.function.parameters.properties.list.items.examples.1.deep: f',
      'tools.0.function.parameters.$defs.description.anyOf.0.title: alt',
      'tools.1.custom.description: runs',
      'tools.1.custom.format.grammar.definition: g',
      'functions.0.description: olds',
      'functions.0.parameters.description: op',
      'response_format.json_schema.description: fmt',
      'response_format.json_schema.schema.description: root',
      'prediction.content: guess',
      'web_search_options.user_location.approximate.city: Rome',
      'metadata.team: blue',
      'user: u1',
      'safety_identifier: sid',
    ]);
  });

  test('texts that are empty are not shown to the map', () => {
    expect(places(chat, { model: 'm', messages: [{ role: 'user', content: '' }] })).toEqual([]);
  });

  test('a change copies its own branch and shares every other', () => {
    const mapped = chat.mapInput(params, (text) => (text === 'hi' ? 'ho' : text));
    expect(mapped).toEqual(JSON.parse(JSON.stringify(params).replace('"hi"', '"ho"')));
    expect(mapped.messages[0]).toBe(params.messages[0]);
    expect(mapped['tools']).toBe(params['tools']);
    expect(mapped.messages[2]?.content?.[1]).toBe(params.messages[2]?.content?.[1]);
  });

  test('the output limit is read and set under the name that the request uses', () => {
    const base: ChatParams = { model: 'm', messages: [] };
    expect(chat.outputLimit(base)).toBe(undefined);
    expect(chat.outputLimit({ ...base, max_tokens: 5 })).toBe(5);
    expect(chat.outputLimit({ ...base, max_tokens: 5, max_completion_tokens: 6 })).toBe(6);
    expect(chat.withOutputLimit(base, 9)).toEqual({ ...base, max_completion_tokens: 9 });
    expect(chat.withOutputLimit({ ...base, max_tokens: 5 }, 9)).toEqual({ ...base, max_tokens: 9 });
    const set = { ...base, max_completion_tokens: 9 };
    expect(chat.withOutputLimit(set, 9)).toBe(set);
  });
});

describe('chat streams and bodies', () => streamLaws(chat, bodies, shatter));

describe('reading chat chunks', () => {
  test('a tool call counts as content when it starts, the preamble does not', () => {
    expect(chat.inspectEvent(chunk({ delta: { role: 'assistant', content: '' } })).content).toBe(false);
    const start = chat.inspectEvent(
      chunk({ delta: { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'look' } }] } }),
    );
    expect(start).toMatchObject({
      content: true,
      pieces: [],
      id: 'chatcmpl-1',
      model: 'gpt-4o',
      terminal: false,
    });
  });

  test('sound and its transcript are content', () => {
    expect(chat.inspectEvent(chunk({ delta: { audio: { data: 'AAAA' } } })).content).toBe(true);
    expect(chat.inspectEvent(chunk({ delta: { audio: { transcript: 'so' } } })).pieces).toEqual([
      { id: 'choice:0:transcript', kind: 'transcript', text: 'so' },
    ]);
    expect(chat.assemble([chunk({ delta: { audio: { data: 'AAAA' } } })])).toBe(undefined);
  });

  test('usage comes with its details and its service tier', () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 4, audio_tokens: 1 },
      completion_tokens_details: {
        reasoning_tokens: 2,
        audio_tokens: 3,
        accepted_prediction_tokens: 1,
        rejected_prediction_tokens: 0,
      },
    };
    expect(chat.inspectEvent({ choices: [], usage, service_tier: 'flex' })).toEqual({
      pieces: [],
      content: false,
      terminal: false,
      serviceTier: 'flex',
      usage: {
        inputTokens: 10,
        outputTokens: 5,
        totalTokens: 15,
        cachedInputTokens: 4,
        audioInputTokens: 1,
        reasoningTokens: 2,
        audioOutputTokens: 3,
        acceptedPredictionTokens: 1,
        rejectedPredictionTokens: 0,
      },
    });
  });

  test('an error inside a stream or a body is found', () => {
    const error = { message: 'overloaded', code: 'server_error' };
    expect(chat.inspectEvent({ error })).toMatchObject({ error, terminal: false });
    expect(chat.inspectBody({ error })).toMatchObject({ error, terminal: false });
  });

  test('a stream is whole when each choice that was seen has finished', () => {
    const completion = chat.completion();
    const log: boolean[] = [];
    for (const event of [
      { choices: [], prompt_filter_results: [] },
      chunk({ delta: { content: 'a' } }),
      chunk({ index: 1, delta: { content: 'b' } }),
      chunk({ delta: {}, finish_reason: 'stop' }),
      chunk({ index: 1, delta: {}, finish_reason: 'length' }),
      chunk({ delta: {}, content_filter_results: {} }),
      { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } },
    ]) {
      completion.event(event);
      log.push(completion.whole);
    }
    expect(log).toEqual([false, false, false, false, true, true, true]);
  });
});

describe('rewriting chat streams', () => {
  const upper = transforms['one that changes every letter']!.open;
  const holding = transforms['one that holds everything back']!.open;

  test('held text leaves ahead of the finish, which stays as it was', () => {
    const finish = chunk({ delta: {}, finish_reason: 'stop' }, { usage: null });
    const rewritten = rewrite(
      chat,
      [chunk({ delta: { role: 'assistant', content: 'ab' } }), finish],
      holding,
    );
    expect(rewritten).toEqual([
      chunk({ delta: { role: 'assistant', content: '' } }),
      { ...chunk({ delta: { content: '<ab>' }, logprobs: null }), usage: null },
      finish,
    ]);
    expect(rewritten[2]).toBe(finish);
  });

  test('held text joins the text of the finishing event itself', () => {
    const finish = chunk({ delta: { content: 'b' }, finish_reason: 'stop' });
    expect(rewrite(chat, [chunk({ delta: { content: 'a' } }), finish], holding)).toEqual([
      chunk({ delta: { content: '<ab>' }, finish_reason: 'stop' }),
    ]);
  });

  test('a turn to a tool call, and from one to the next, brings out what was held before it', () => {
    const call = (index: number, fn: object, id?: string): JsonRecord =>
      chunk({ delta: { tool_calls: [{ index, ...(id === undefined ? {} : { id }), function: fn }] } });
    const events = [
      chunk({ delta: { content: 'text' } }),
      call(0, { name: 'a', arguments: '' }, 'call_a'),
      call(0, { arguments: '{}' }),
      call(1, { name: 'b' }, 'call_b'),
      call(1, { arguments: '[]' }),
      chunk({ delta: {}, finish_reason: 'tool_calls' }),
    ];
    const log = rewrite(chat, events, holding).map((event) => {
      const [choice] = (event as { choices: { delta: object }[] }).choices;
      return JSON.stringify(choice?.delta);
    });
    expect(log).toEqual([
      '{"content":"<text>"}',
      '{"tool_calls":[{"index":0,"id":"call_a","function":{"name":"a","arguments":""}}]}',
      '{"tool_calls":[{"index":0,"function":{"arguments":"<{}>"}}]}',
      '{"tool_calls":[{"index":1,"id":"call_b","function":{"name":"b"}}]}',
      '{"tool_calls":[{"index":1,"function":{"arguments":"<[]>"}}]}',
      '{}',
    ]);
  });

  test('a change takes the log probabilities of its event with it', () => {
    const logprobs = { content: [{ token: 'a', logprob: -1 }], refusal: null };
    const kept = chunk({ delta: { content: 'A' }, logprobs });
    expect(rewrite(chat, [chunk({ delta: { content: 'a' }, logprobs }), kept], upper)).toEqual([
      chunk({ delta: { content: 'A' }, logprobs: null }),
      kept,
    ]);
    const body = { choices: [{ index: 0, message: { content: 'a' }, logprobs, finish_reason: 'stop' }] };
    expect(chat.rewriter(upper).body(body)).toMatchObject({ choices: [{ logprobs: null }] });
  });

  test('an emptied event stays if it carries anything else', () => {
    const filter = chunk({ delta: { content: 'a' }, content_filter_results: { hate: { filtered: false } } });
    const bare = chunk({ delta: { content: 'b' } }, { obfuscation: 'xyz' });
    const usage = { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } };
    const rewritten = rewrite(chat, [filter, bare, usage], holding);
    expect(rewritten).toEqual([
      chunk({ delta: { content: '' }, content_filter_results: { hate: { filtered: false } } }),
      usage,
      chunk({ delta: { content: '<ab>' }, logprobs: null }),
    ]);
    expect(rewritten[1]).toBe(usage);

    const counted = chunk({ delta: { content: 'a' } }, { usage: usage.usage });
    expect(rewrite(chat, [counted], holding)[0]).toEqual(
      chunk({ delta: { content: '' } }, { usage: usage.usage }),
    );
  });
});

describe('adding chat chunks up', () => {
  test('lists of several chunks are joined, and the chunks stay as they were', () => {
    const logprobs = (name: string): object => ({ content: [{ token: name }], refusal: null });
    const events = [
      chunk({ delta: { role: 'assistant' }, logprobs: null }, { usage: null }),
      chunk({ delta: { content: 'a', annotations: [1] }, logprobs: logprobs('a') }, { usage: null }),
      chunk({ delta: { content: 'b', annotations: [2] }, logprobs: logprobs('b') }, { usage: null }),
      chunk({ delta: {}, logprobs: null, finish_reason: 'stop' }, { usage: null }),
    ];
    const before = JSON.stringify(events);
    expect(chat.assemble(events)).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      model: 'gpt-4o',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'ab', annotations: [1, 2] },
          logprobs: { content: [{ token: 'a' }, { token: 'b' }], refusal: null },
          finish_reason: 'stop',
        },
      ],
    });
    expect(JSON.stringify(events)).toBe(before);
  });

  test('a message without text has null for its content, and a repeated name is not doubled', () => {
    const call = (fn: object): JsonRecord => chunk({ delta: { tool_calls: [{ index: 0, function: fn }] } });
    expect(
      chat.assemble([call({ name: 'look', arguments: '{' }), call({ name: 'look', arguments: '}' })]),
    ).toMatchObject({
      choices: [
        { message: { content: null, tool_calls: [{ function: { name: 'look', arguments: '{}' } }] } },
      ],
    });
    expect(chat.assemble([])).toBe(undefined);
    expect(chat.assemble([{ choices: [] }])).toBe(undefined);
  });
});

describe('playing chat bodies back', () => {
  const body = {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'hi', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
  const frame = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
  const messages: ChatParams = { model: 'm', messages: [] };

  test('a stream ends like the wire: finish, then usage without choices', () => {
    const piece = (delta: object, finish_reason: string | null = null): object => ({
      ...frame,
      usage: null,
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    });
    const events = chat.playback(body, { ...messages, stream_options: { include_usage: true } });
    expect(events).toEqual([
      piece({ role: 'assistant', content: '', refusal: null }),
      piece({ content: 'hi' }),
      piece({}, 'stop'),
      { ...frame, usage: body.usage, choices: [] },
    ]);
    expect(chat.playback(body)).toEqual(events);
  });

  test('usage that the request did not ask for is not played', () => {
    const events = chat.playback(body, messages);
    expect(events.some((event) => 'usage' in (event as object))).toBe(false);
    expect(streamedText(chat, events)).toEqual({ 'choice:0:content': 'hi' });
  });

  test('a body with sound is not played', () => {
    const message = { role: 'assistant', content: null, audio: { id: 'a', data: 'AAAA', transcript: 'hi' } };
    expect(chat.playback({ choices: [{ index: 0, message, finish_reason: 'stop' }] })).toEqual([]);
  });
});
