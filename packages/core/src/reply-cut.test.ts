import { describe, expect, test } from 'vitest';
import {
  CHAT_URL,
  callOf,
  chatBody,
  chatInit,
  data,
  done,
  finish,
  json,
  piece,
  role,
  source,
  told,
  turn,
  usage,
  type Source,
} from './core.test-support.ts';
import {
  Reply,
  SseDecoder,
  chat,
  responses,
  type Channel,
  type EventFeed,
  type StreamEvent,
  type TextCut,
  type TextTransform,
} from './index.ts';

/** Ends a text before a mark. */
function before(mark: string): () => TextCut {
  return () => {
    const cut = {
      over: false,
      push(text: string) {
        const at = text.indexOf(mark);
        if (at === -1) return text;
        cut.over = true;
        return text.slice(0, at);
      },
      end: () => '',
    };
    return cut;
  };
}

const upper = (): TextTransform => {
  let held = '';
  return {
    push(text) {
      const out = held;
      held = text.toUpperCase();
      return out;
    },
    end: () => held,
  };
};

const CHUNKS = [role, piece('one '), piece('two END three'), piece('four'), finish('length'), usage, done];

/** A reply to a chat call, cut before `END`. */
function chatReply(provider: Source, params: object = {}): Reply {
  return new Reply(callOf(chatInit({ stream: true, ...params })), provider.response).cutText(
    'stop',
    before('END'),
  );
}

/** What a client gets: texts by choice, finish reasons, usage, the end; a line for each event. */
async function read(reply: Reply): Promise<string[]> {
  const text = await reply.deliver().text();
  return new SseDecoder().push(Buffer.from(text)).map((event) => {
    if (event.done) return 'done';
    const { choices, usage: counted } = event.json as {
      choices: { index: number; delta: { content?: string }; finish_reason: string | null }[];
      usage?: object;
    };
    const lines = choices.map(({ index, delta, finish_reason: reason }) =>
      reason ? `${index} finish ${reason}` : `${index} ${delta.content ?? ''}`,
    );
    return [...lines, ...(counted ? [JSON.stringify(counted)] : [])].join(', ');
  });
}

describe('a stream that a unit ends', () => {
  test('is whole for its reader, tells who ended it, and reads no further', async () => {
    const provider = source(CHUNKS);
    const reply = chatReply(provider);
    const outcome = reply.outcome;
    expect(await read(reply)).toEqual(['0 ', '0 one ', '0 two ', '0 finish stop', 'done']);
    expect([told(await outcome), (await outcome).stoppedBy, provider.pulls, ...provider.log]).toEqual([
      // All that came counts, also what nobody was given.
      'completed [stop] 18+5 estimated, 17 characters',
      'stop',
      3,
      'cancelled undefined',
    ]);
  });

  test('ends with the usage where that was asked for', async () => {
    const reply = chatReply(source(CHUNKS), { stream_options: { include_usage: true } });
    expect((await read(reply)).slice(-3)).toEqual([
      '0 finish stop',
      '{"prompt_tokens":28,"completion_tokens":5,"total_tokens":33}',
      'done',
    ]);
  });

  test('drops what came behind it in the same chunk', async () => {
    const provider = source([CHUNKS.join('')]);
    const reply = chatReply(provider);
    const outcome = reply.outcome.then(told);
    expect(await read(reply)).toEqual(['0 ', '0 one ', '0 two ', '0 finish stop', 'done']);
    expect(await outcome).toMatch(/^completed/);
  });

  test('ends the transforms further out with it, and drops what those further in hold', async () => {
    const provider = source([role, piece('a'), piece('b END c'), piece('d'), done]);
    const inside = new Reply(callOf(chatInit({ stream: true })), provider.response).mapText(upper);
    const seen: string[] = [];
    const reply = inside
      .cutText('stop', before('END'))
      .mapText(upper)
      .tap({ event: ({ data: text }) => seen.push(text) });
    // The transform further in holds each text until the next comes.
    expect(await read(reply)).toEqual(['0 ', '0 A', '0 B ', '0 finish stop', 'done']);
    expect(seen.at(-1)).toContain('"finish_reason":"stop"');
  });

  test('that a transform further in held back until the end ends there', async () => {
    const hold = (): TextTransform => {
      let held = '';
      return { push: (text) => ((held += text), ''), end: () => held };
    };
    const provider = source([role, piece('a END b'), finish(), done]);
    const reply = new Reply(callOf(chatInit({ stream: true })), provider.response)
      .mapText(hold)
      .cutText('stop', before('END'));
    const outcome = reply.outcome;
    expect(await read(reply)).toEqual(['0 ', '0 a ', '0 finish stop', 'done']);
    expect((await outcome).stoppedBy).toBe('stop');
  });

  test('by two units is ended by the one that comes first, once', async () => {
    const reply = chatReply(source(CHUNKS), { stream_options: { include_usage: true } }).cutText(
      'other',
      before('two'),
    );
    const outcome = reply.outcome;
    const lines = await read(reply);
    expect([lines.filter((line) => line === 'done' || line.startsWith('{')).length, lines[2]]).toEqual([
      2,
      '0 finish stop',
    ]);
    expect((await outcome).status).toBe('completed');
  });

  test('goes on as long as another choice does', async () => {
    const chunks = [
      piece('one END two'),
      piece('uno ', 1),
      piece('three'),
      piece('dos ', 1),
      piece('tres', 1),
      finish('length'),
      finish('length', 1),
      usage,
      done,
    ];
    const provider = source(chunks);
    const reply = chatReply(provider, { n: 2 });
    const outcome = reply.outcome;
    expect(await read(reply)).toEqual([
      '0 one ',
      '0 finish stop',
      '1 uno ',
      '1 dos ',
      '1 tres',
      '1 finish length',
      'done',
    ]);
    expect([(await outcome).finishReasons, (await outcome).stoppedBy, provider.pulls]).toEqual([
      ['length', 'length', 'stop'],
      'stop',
      7,
    ]);
  });

  test('in the very event with which it ends is none the less cut', async () => {
    const last = data({ choices: [{ index: 0, delta: { content: 'a END b' }, finish_reason: 'length' }] });
    const reply = chatReply(source([last, done]));
    const outcome = reply.outcome;
    expect(await read(reply)).toEqual(['0 finish length', 'done']);
    expect(told(await outcome)).toBe('completed [length] 18+2 estimated, 7 characters');
  });

  test('says nothing of what was broken behind its end', async () => {
    const decode = (wire: string): readonly StreamEvent[] => new SseDecoder().push(Buffer.from(wire));
    const events: EventFeed = {
      next: async () => [...decode(piece('one END')), ...decode('data: {"x\n\n')],
      cancel: async () => {},
    };
    const call = callOf(chatInit({ stream: true }));
    const response = new Response('', { headers: { 'content-type': 'text/event-stream' } });
    const reply = new Reply(call, response, { events }).cutText('stop', before('END'));
    expect(await read(reply)).toEqual(['0 one ', '0 finish stop', 'done']);
  });

  test('stays ended for who reads on or cancels', async () => {
    const provider = source(CHUNKS);
    const reader = chatReply(provider).deliver().body?.getReader();
    for (let chunk = 0; chunk < 3; chunk++) await reader?.read();
    expect(await reader?.read()).toEqual({ done: true, value: undefined });
    await reader?.cancel();
    await turn();
    expect(provider.log).toEqual(['cancelled undefined']);
  });
});

test('a stream of responses that a unit ends tells the ends of all that is open', async () => {
  const created = { id: 'r1', object: 'response', status: 'in_progress', output: [], usage: null };
  const at = { output_index: 1, item_id: 'm1', content_index: 0 };
  const text = { type: 'output_text', text: '', annotations: [] };
  const message = { id: 'm1', type: 'message', status: 'in_progress', role: 'assistant', content: [] };
  const reasoning = { id: 'rs1', type: 'reasoning', summary: [] };
  const events = [
    { type: 'response.created', response: created },
    { type: 'response.output_item.added', output_index: 0, item: reasoning },
    { type: 'response.output_item.done', output_index: 0, item: reasoning },
    { type: 'response.output_item.added', output_index: 1, item: message },
    { type: 'response.content_part.added', ...at, part: text },
    { type: 'response.output_text.delta', ...at, delta: 'one ', logprobs: [] },
    { type: 'response.output_text.delta', ...at, delta: 'two END', logprobs: [] },
    { type: 'response.output_text.delta', ...at, delta: 'three', logprobs: [] },
  ].map((event, number) => `event: ${event.type}\n${data({ ...event, sequence_number: number })}`);
  const url = CHAT_URL.replace('/chat/completions', '/responses');
  const call = callOf({ method: 'POST', body: '{"input":"hi","stream":true}' }, url);
  expect(call.operation).toBe(responses);
  const reply = new Reply(call, source(events).response).cutText('stop', before('END'));
  const outcome = reply.outcome;
  const got = new SseDecoder().push(Buffer.from(await reply.deliver().text()));
  const whole = { ...message, status: 'completed', content: [{ ...text, text: 'one two ' }] };
  const counted = {
    input_tokens: 7,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 3,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 10,
  };
  expect(got.slice(6).map(({ type, json: event }) => [type, event])).toEqual(
    [
      { type: 'response.output_text.delta', sequence_number: 6, ...at, delta: 'two ', logprobs: [] },
      { type: 'response.output_text.done', sequence_number: 7, ...at, text: 'one two ', logprobs: [] },
      { type: 'response.content_part.done', sequence_number: 8, ...at, part: whole.content[0] },
      { type: 'response.output_item.done', sequence_number: 9, output_index: 1, item: whole },
      {
        type: 'response.completed',
        sequence_number: 10,
        response: { ...created, status: 'completed', output: [reasoning, whole], usage: counted },
      },
    ].map((event) => [event.type, event]),
  );
  expect([told(await outcome), (await outcome).stoppedBy]).toEqual([
    'completed [stop] 7+3 estimated, 11 characters',
    'stop',
  ]);
});

test('of an event with several choices, those that were ended are taken out, and what it counts stays', () => {
  const closing = chat.closing?.({ n: 2 } as never);
  const one = { index: 0, delta: { content: 'a' }, finish_reason: null };
  const two = { index: 1, delta: { content: 'b' }, finish_reason: null };
  const odd = 'odd';
  expect(closing?.end('choice:0:content', { id: 'c', choices: [one] })).toEqual([
    { id: 'c', choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }] },
  ]);
  expect(closing?.end('choice:0:reasoning', { choices: [one] })).toEqual([]);
  expect(closing?.over).toBe(false);
  const tokens = { prompt_tokens: 1 };
  const passed = [
    { choices: [one, two] },
    { choices: [one, odd] },
    { choices: [one] },
    { choices: [one], usage: tokens },
    { choices: [] },
  ].map((event) => closing?.event(event));
  expect(passed).toEqual([
    [{ choices: [two] }],
    [{ choices: [odd] }],
    [],
    [{ choices: [], usage: tokens }],
    [{ choices: [] }],
  ]);
});

test('where a stream cannot be ended so that it is whole, the text is cut and the stream goes on', async () => {
  const url = CHAT_URL.replace('/chat/completions', '/audio/transcriptions');
  const events = ['one END', ' two'].map((delta) => data({ type: 'transcript.text.delta', delta }));
  const last = data({ type: 'transcript.text.done', text: 'one END two' });
  const reply = new Reply(callOf({ method: 'POST', body: '{}' }, url), source([...events, last]).response);
  const outcome = reply.outcome;
  const text = await reply.cutText('stop', before('END')).deliver().text();
  const left = new SseDecoder().push(Buffer.from(text)).map(({ json: event }) => event);
  expect(left).toEqual([
    { type: 'transcript.text.delta', delta: 'one ' },
    { type: 'transcript.text.done', text: 'one ' },
  ]);
  expect([(await outcome).status, (await outcome).stoppedBy]).toEqual(['completed', undefined]);
});

test('a plain reply is cut in its text alone', async () => {
  const reply = new Reply(callOf(), json(chatBody('one END two'))).cutText('stop', before('END'));
  const outcome = reply.outcome;
  expect(JSON.parse(await reply.deliver().text())).toEqual(chatBody('one '));
  expect([told(await outcome), (await outcome).stoppedBy]).toEqual([
    'completed [stop] 3+2 reported, 11 characters',
    undefined,
  ]);
});

test('a transform is asked no more once its text is over', async () => {
  const log: string[] = [];
  const open = ({ id }: Channel): TextCut => {
    const cut = {
      over: false,
      push(text: string) {
        log.push(`${id} ${text}`);
        cut.over = text === 'b';
        return text;
      },
      end: () => (log.push(`${id} ends`), ''),
    };
    return cut;
  };
  const chunks = [piece('a'), piece('b'), piece('c'), piece('x', 1), finish('stop'), finish('stop', 1), done];
  const reply = new Reply(callOf(chatInit({ stream: true, n: 2 })), source(chunks).response);
  await reply.cutText('stop', open).deliver().text();
  expect(log).toEqual([
    'choice:0:content a',
    'choice:0:content b',
    'choice:1:content x',
    'choice:1:content ends',
  ]);
});
