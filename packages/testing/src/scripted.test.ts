import { getEventListeners } from 'node:events';
import { Failure, Reply, controlLayer, type Call } from '@interpose/core';
import { expect, test } from 'vitest';
import { callOf } from './call-of.ts';
import { recordEvents } from './record-events.ts';
import { scripted, type ScriptedAnswer } from './scripted.ts';

const CHUNK = { choices: [{ index: 0, delta: { content: 'hi' }, finish_reason: 'stop' }] };

async function text(answer: ScriptedAnswer, call: Call = callOf()): Promise<string> {
  const reply = await scripted([answer])(call);
  return `${reply.status} ${reply.headers.get('content-type')} ${await reply.deliver().text()}`;
}

test('answers with JSON, with any status, and with streams', async () => {
  const responses = callOf({ operation: 'responses' });
  expect([
    await text({ choices: [] }),
    await text({ status: 'completed', output: [] }, responses),
    await text({ status: 429, headers: { 'content-type': 'text/plain' }, body: 'slow down' }),
    await text({ status: 204 }),
    await text({ events: [CHUNK, ': a comment\n\n'] }),
    await text({ events: [CHUNK], done: false }),
    await text({ events: [{ type: 'response.completed' }] }, responses),
    await text({ events: [], done: true }, responses),
    await text((call) => ({ id: call.id })),
    await text(async (call) => new Reply(call, new Response('own'))),
  ]).toEqual([
    '200 application/json {"choices":[]}',
    '200 application/json {"status":"completed","output":[]}',
    '429 text/plain slow down',
    '204 null ',
    `200 text/event-stream; charset=utf-8 data: ${JSON.stringify(CHUNK)}\n\n: a comment\n\ndata: [DONE]\n\n`,
    `200 text/event-stream; charset=utf-8 data: ${JSON.stringify(CHUNK)}\n\n`,
    '200 text/event-stream; charset=utf-8 event: response.completed\ndata: {"type":"response.completed"}\n\n',
    '200 text/event-stream; charset=utf-8 data: [DONE]\n\n',
    '200 application/json {"id":"call_1"}',
    '200 text/plain;charset=UTF-8 own',
  ]);
});

test('throws errors, also those that a function returns or throws', async () => {
  const handler = scripted([
    new Failure('overloaded'),
    () => new Failure('server'),
    () => {
      throw new Failure('network');
    },
  ]);
  await expect(handler(callOf())).rejects.toThrow('overloaded');
  await expect(handler(callOf())).rejects.toThrow('server');
  await expect(handler(callOf())).rejects.toThrow('network');
});

test('remembers the calls, and says which one came too many', async () => {
  const handler = scripted([{}]);
  const first = callOf();
  await handler(first);
  await expect(handler(callOf({ id: 'call_2', attempt: 3 }))).rejects.toThrow(
    'scripted: the list of 1 answers is used up, and there came call 2 (chat, id call_2, attempt 3).',
  );
  expect(handler.calls.map((call) => call.id)).toEqual(['call_1', 'call_2']);
  expect(handler.calls[0]).toBe(first);
});

test('makes the events of a stream only when somebody reads on', async () => {
  const made: number[] = [];
  let ended = false;
  function* events(): Generator {
    try {
      for (let at = 0; at < 1000; at++) {
        made.push(at);
        yield CHUNK;
      }
    } finally {
      ended = true;
    }
  }
  const reply = await scripted([{ events: events() }])(callOf());
  const reader = reply.deliver().body!.getReader();
  expect(made).toEqual([]);
  await reader.read();
  await reader.read();
  expect(made).toEqual([0, 1]);
  await reader.cancel();
  expect(ended).toBe(true);
});

test('breaks a stream after its events', async () => {
  const reply = await scripted([{ events: [CHUNK], error: new Error('reset') }])(callOf());
  const reader = reply.deliver().body!.getReader();
  await reader.read();
  await expect(reader.read()).rejects.toThrow('reset');
});

test('is aborted like the network, waiting or streaming, and leaves no listener', async () => {
  const controller = new AbortController();
  const call = callOf({ signal: controller.signal });
  async function* stuck(): AsyncGenerator {
    yield CHUNK;
    await new Promise(() => {});
  }
  const handler = scripted([() => new Promise<object>(() => {}), { events: stuck() }]);
  const waiting = handler(call);
  const reply = await handler(call);
  const reader = reply.deliver().body!.getReader();
  await reader.read();
  const reading = reader.read();
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(reading).rejects.toThrow('enough');
  await expect(handler(call)).rejects.toThrow('enough');
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('stands at the end of a stack and counts as an attempt', async () => {
  await using layer = controlLayer([() => scripted([{ id: 'chatcmpl-1' }])]);
  const events = recordEvents(layer);
  const response = await layer.fetch('https://api.openai.com/v1/chat/completions', {
    method: 'POST',
    body: '{}',
  });
  expect(await response.json()).toEqual({ id: 'chatcmpl-1' });
  expect(events.lines.slice(0, 2)).toEqual(['start', 'attempt 1']);
});
