import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRecord, type JsonRecord } from './json.ts';
import {
  cut,
  inputLaws,
  places,
  rewrite,
  someRandom,
  someText,
  streamedText,
  streamLaws,
  transforms,
} from './laws.test-support.ts';
import { responses, type ResponsesParams } from './responses.ts';

const token = fc.record({ token: someText, logprob: fc.constant(-0.5) });

const part = fc.oneof(
  fc.record(
    {
      type: fc.constant('output_text'),
      text: someText,
      annotations: fc.constantFrom<unknown[]>(
        [],
        [{ type: 'url_citation', url: 'https://a', start_index: 0 }],
      ),
      logprobs: fc.array(token, { maxLength: 2 }),
    },
    { requiredKeys: ['type', 'text', 'annotations'] },
  ),
  fc.record({ type: fc.constant('refusal'), refusal: someText }),
  fc.constant({ type: 'output_hologram', frames: 3 }),
);

const status = fc.constant('completed');
const item = fc.oneof(
  fc.record({
    id: fc.constant('msg'),
    type: fc.constant('message'),
    role: fc.constant('assistant'),
    status,
    content: fc.array(part, { maxLength: 3 }),
  }),
  fc.record(
    {
      id: fc.constant('rs'),
      type: fc.constant('reasoning'),
      summary: fc.array(fc.record({ type: fc.constant('summary_text'), text: someText }), { maxLength: 2 }),
      content: fc.array(fc.record({ type: fc.constant('reasoning_text'), text: someText }), { maxLength: 2 }),
      encrypted_content: fc.constant('gAAA'),
    },
    { requiredKeys: ['id', 'type', 'summary'] },
  ),
  fc.record({
    id: fc.constant('fc'),
    type: fc.constant('function_call'),
    call_id: fc.constant('c'),
    name: fc.constant('look'),
    arguments: someText,
    status,
  }),
  fc.record({
    id: fc.constant('mcp'),
    type: fc.constant('mcp_call'),
    name: fc.constant('look'),
    arguments: someText,
    output: fc.constant('out'),
    status,
  }),
  fc.record({
    id: fc.constant('ctc'),
    type: fc.constant('custom_tool_call'),
    call_id: fc.constant('c'),
    name: fc.constant('run'),
    input: someText,
  }),
  fc.record({
    id: fc.constant('ci'),
    type: fc.constant('code_interpreter_call'),
    code: fc.option(someText, { nil: null }),
    outputs: fc.constant(null),
    status,
  }),
  fc.record({
    id: fc.constant('sh'),
    type: fc.constant('shell_call'),
    action: fc.record({ commands: fc.array(someText, { maxLength: 2 }) }),
    status,
  }),
  fc.record({
    id: fc.constant('lsh'),
    type: fc.constant('local_shell_call'),
    action: fc.record({ command: fc.array(someText, { maxLength: 2 }) }),
    status,
  }),
  fc.record({
    id: fc.constant('ap'),
    type: fc.constant('apply_patch_call'),
    operation: fc.record({ type: fc.constant('create_file'), diff: someText }),
    status,
  }),
  fc.record({ id: fc.constant('pr'), type: fc.constant('program'), code: someText }),
  fc.constant({
    id: 'ws',
    type: 'web_search_call',
    status: 'completed',
    action: { type: 'search', query: 'q' },
  }),
  fc.constant({ id: 'ig', type: 'image_generation_call', status: 'completed', result: 'AAAA' }),
  fc.constant({ id: 'x', type: 'hologram_call', data: [1] }),
);

const bodies = fc.record(
  {
    id: fc.constant('resp_1'),
    object: fc.constant('response'),
    created_at: fc.constant(1),
    completed_at: fc.constant(2),
    model: fc.constant('gpt-5'),
    status: fc.constantFrom('completed', 'incomplete'),
    error: fc.constant(null),
    incomplete_details: fc.constantFrom(null, { reason: 'max_output_tokens' }),
    output: fc.array(item, { maxLength: 4 }),
    usage: fc.constant({
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 3 },
      total_tokens: 15,
    }),
    service_tier: fc.constant('priority'),
    x_extra: fc.constant('kept'),
  },
  { requiredKeys: ['id', 'object', 'created_at', 'model', 'status', 'output'] },
);

/** Breaks deltas into smaller ones and numbers the events anew. */
function shatter(events: readonly unknown[], random: () => number): readonly unknown[] {
  return events
    .filter(isRecord)
    .flatMap((event) => {
      const { delta } = event;
      if (typeof delta !== 'string' || delta === '') return [event];
      return cut(delta, random).map((text, at) => {
        const tokens = 'logprobs' in event ? { logprobs: at === 0 ? event['logprobs'] : [] } : {};
        return { ...event, delta: text, ...tokens };
      });
    })
    .map((event, sequence_number) => ({ ...event, sequence_number }));
}

/** Commands, patches and programs are told in items only; a stream has no deltas for them. */
const unstreamed = new Set(['shell_call', 'local_shell_call', 'apply_patch_call', 'program']);
const streamedBodies = bodies.filter(({ output }) => output.every(({ type }) => !unstreamed.has(type)));

const params: ResponsesParams = {
  model: 'gpt-5',
  instructions: 'be kind',
  input: [
    { role: 'user', content: 'hi' },
    {
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_text', text: 'look' },
        { type: 'input_image', image_url: 'https://example.test/a.png' },
        { type: 'input_file', filename: 'cv.pdf', file_data: 'data:...' },
      ],
    },
    {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'ok', annotations: [{ title: 'page' }] }],
    },
    { type: 'function_call', call_id: 'a', name: 'look', arguments: '{"q":1}' },
    { type: 'function_call_output', call_id: 'a', output: 'result' },
    { type: 'function_call_output', call_id: 'a', output: [{ type: 'input_text', text: 'part' }] },
    {
      type: 'reasoning',
      id: 'r',
      summary: [{ type: 'summary_text', text: 'sum' }],
      content: [{ type: 'reasoning_text', text: 'why' }],
      encrypted_content: 'gAAA',
    },
    { type: 'custom_tool_call', call_id: 'b', name: 'run', input: 'ls' },
    { type: 'custom_tool_call_output', call_id: 'b', output: 'files' },
    {
      type: 'mcp_call',
      id: 'm',
      name: 'find',
      arguments: '{}',
      output: 'found',
      error: { type: 'http_error', message: 'bad' },
    },
    {
      type: 'mcp_list_tools',
      id: 'l',
      tools: [{ name: 'find', description: 'finds', input_schema: { description: 'in' } }],
    },
    { type: 'computer_call', call_id: 'c', action: { type: 'type', text: 'typed' } },
    {
      type: 'computer_call_output',
      call_id: 'c',
      output: { type: 'computer_screenshot', image_url: 'data:...' },
    },
    { type: 'code_interpreter_call', id: 'ci', code: 'print()', outputs: [{ type: 'logs', logs: 'log' }] },
    {
      type: 'local_shell_call',
      call_id: 'd',
      action: { type: 'exec', command: ['ls', '-a'], env: { HOME: '/h' } },
    },
    { type: 'shell_call_output', call_id: 'e', output: [{ stdout: 'so', stderr: 'se' }] },
    { type: 'image_generation_call', id: 'i', result: 'AAAA', revised_prompt: 'a cat' },
    { type: 'program_output', id: 'p', result: 'done' },
    { type: 'compaction', encrypted_content: 'gAAA' },
    { type: 'item_reference', id: 'ref' },
  ],
  tools: [
    {
      type: 'function',
      name: 'look',
      description: 'looks',
      parameters: { properties: { q: { description: 'query' } } },
    },
    {
      type: 'mcp',
      server_label: 's',
      server_description: 'serves',
      headers: { authorization: 'key' },
      authorization: 'key',
    },
    {
      type: 'namespace',
      name: 'ns',
      description: 'space',
      tools: [{ type: 'function', name: 'in', description: 'inner' }],
    },
    { type: 'web_search', user_location: { type: 'approximate', city: 'Rome' } },
  ],
  prompt: { id: 'pmpt', version: '2', variables: { who: 'Ann', doc: { type: 'input_text', text: 'var' } } },
  text: { format: { type: 'json_schema', name: 'n', description: 'fmt', schema: { description: 'root' } } },
  metadata: { team: 'blue' },
  user: 'u1',
  safety_identifier: 'sid',
  prompt_cache_key: 'key',
};

describe('the params of a responses request', () => {
  inputLaws(responses, params);
  inputLaws(responses, { input: 'hi' });

  test('every text that a model reads is reached, with its place and role', () => {
    expect(places(responses, params)).toEqual([
      'instructions (system): be kind',
      'input.0.content (user): hi',
      'input.1.content.0.text (user): look',
      'input.1.content.2.filename (user): cv.pdf',
      'input.2.content.0.text (assistant): ok',
      'input.2.content.0.annotations.0.title (assistant): page',
      'input.3.arguments (assistant) json: {"q":1}',
      'input.4.output (tool): result',
      'input.5.output.0.text (tool): part',
      'input.6.content.0.text (assistant): why',
      'input.6.summary.0.text (assistant): sum',
      'input.7.input (assistant): ls',
      'input.8.output (tool): files',
      'input.9.arguments (assistant) json: {}',
      'input.9.output (assistant): found',
      'input.9.error.message (assistant): bad',
      'input.10.tools.0.description: finds',
      'input.10.tools.0.input_schema.description: in',
      'input.11.action.text (assistant): typed',
      'input.13.code (assistant): print()',
      'input.13.outputs.0.logs (assistant): log',
      'input.14.action.command.0 (assistant): ls',
      'input.14.action.command.1 (assistant): -a',
      'input.14.action.env.HOME (assistant): /h',
      'input.15.output.0.stdout (tool): so',
      'input.15.output.0.stderr (tool): se',
      'input.16.revised_prompt (assistant): a cat',
      'input.17.result (tool): done',
      'prompt.variables.who: Ann',
      'prompt.variables.doc.text: var',
      'tools.0.description: looks',
      'tools.0.parameters.properties.q.description: query',
      'tools.1.server_description: serves',
      'tools.2.description: space',
      'tools.2.tools.0.description: inner',
      'tools.3.user_location.city: Rome',
      'text.format.description: fmt',
      'text.format.schema.description: root',
      'metadata.team: blue',
      'user: u1',
      'safety_identifier: sid',
      'prompt_cache_key: key',
    ]);
    expect(places(responses, { input: 'hi' })).toEqual(['input (user): hi']);
  });

  test('the output limit is read and set', () => {
    expect(responses.outputLimit({})).toBe(undefined);
    expect(responses.outputLimit({ max_output_tokens: 5 })).toBe(5);
    expect(responses.withOutputLimit({ max_output_tokens: 5 }, 6)).toEqual({ max_output_tokens: 6 });
  });
});

describe('responses streams and bodies', () => {
  streamLaws(responses, streamedBodies, shatter);

  test('texts that are told in items only are rewritten alike in a stream and in its body', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const { open } = transforms['one that holds everything back']!;
        const streamed = responses.assemble(rewrite(responses, responses.playback(body), open));
        expect(streamed).toEqual(responses.rewriter(open).body(body));
      }),
    );
  });

  for (const [name, { open }] of Object.entries(transforms)) {
    test(`each telling of a text says the same, and numbers rise, with ${name}`, () => {
      fc.assert(
        fc.property(streamedBodies, someRandom, (body, random) => {
          const events = rewrite(responses, shatter(responses.playback(body), random), open).filter(isRecord);
          const numbers = events.map((event) => Number(event['sequence_number']));
          expect(numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0))).toBe(true);

          const final = responses.assemble(events) as { output: JsonRecord[] };
          const streamed = streamedText(responses, events);
          for (const event of events) {
            const { type, output_index, content_index, summary_index } = event;
            const owner = final.output[Number(output_index)];
            if (type === 'response.output_item.done') expect(event['item']).toEqual(owner);
            if (type === 'response.content_part.done') {
              expect(event['part']).toEqual(
                (owner?.['content'] as unknown[] | undefined)?.[Number(content_index)],
              );
            }
            if (type === 'response.reasoning_summary_part.done') {
              expect(event['part']).toEqual(
                (owner?.['summary'] as unknown[] | undefined)?.[Number(summary_index)],
              );
            }
            if (type === 'response.output_text.done') {
              expect(event['text']).toBe(
                streamed[`output:${Number(output_index)}:text:${Number(content_index)}`] ?? '',
              );
            }
            if (type === 'response.function_call_arguments.done') {
              expect(event['arguments']).toBe(streamed[`output:${Number(output_index)}:arguments`] ?? '');
            }
          }
        }),
      );
    });
  }
});

describe('reading responses events', () => {
  const response = { id: 'resp_1', model: 'gpt-5', service_tier: 'flex', status: 'completed', output: [] };

  test('created tells who answers, deltas tell what, a starting call is content', () => {
    expect(
      responses.inspectEvent({ type: 'response.created', response: { ...response, usage: null } }),
    ).toEqual({
      pieces: [],
      content: false,
      terminal: false,
      id: 'resp_1',
      model: 'gpt-5',
      serviceTier: 'flex',
    });
    expect(
      responses.inspectEvent({
        type: 'response.refusal.delta',
        output_index: 1,
        content_index: 2,
        delta: 'no',
      }),
    ).toEqual({
      pieces: [{ id: 'output:1:refusal:2', kind: 'refusal', text: 'no' }],
      content: true,
      terminal: false,
    });
    const added = (type: string): unknown => ({ type: 'response.output_item.added', item: { type } });
    expect(responses.inspectEvent(added('function_call')).content).toBe(true);
    expect(responses.inspectEvent(added('message')).content).toBe(false);
  });

  test('events without news share one inspection', () => {
    const a = responses.inspectEvent({ type: 'response.content_part.done' });
    expect(responses.inspectEvent({ type: 'response.new_kind_of_event' })).toBe(a);
  });

  test('the last event tells how it ended', () => {
    const end = (type: string, more: object): unknown => {
      const { finishReasons, terminal, error } = responses.inspectEvent({
        type,
        response: { ...response, ...more },
      });
      return { finishReasons, terminal, error };
    };
    expect([
      end('response.completed', {}),
      end('response.completed', { output: [{ type: 'function_call' }] }),
      end('response.incomplete', {
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
      }),
      end('response.incomplete', { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }),
      end('response.failed', { status: 'failed', error: { code: 'server_error' } }),
    ]).toEqual([
      { finishReasons: ['stop'], terminal: true, error: undefined },
      { finishReasons: ['tool_calls'], terminal: true, error: undefined },
      { finishReasons: ['length'], terminal: true, error: undefined },
      { finishReasons: ['content_filter'], terminal: true, error: undefined },
      { finishReasons: undefined, terminal: true, error: { code: 'server_error' } },
    ]);
  });

  test('errors come bare, wrapped, or in a failed body', () => {
    const bare = { type: 'error', code: 'server_error', message: 'x' };
    const error = { code: 'server_error' };
    expect(responses.inspectEvent(bare).error).toBe(bare);
    expect(responses.inspectEvent({ type: 'error', error }).error).toBe(error);
    expect(responses.inspectEvent({ error }).error).toBe(error);
    expect(responses.inspectBody({ ...response, status: 'failed', error }).error).toBe(error);
  });

  test('a response at work in the background is not whole, and not played', () => {
    expect(responses.inspectBody({ ...response, status: 'queued' }).terminal).toBe(false);
    expect(responses.inspectBody(response).terminal).toBe(true);
    expect(responses.playback({ ...response, status: 'in_progress' })).toEqual([]);
  });

  test('a failed response plays back as a failed stream', () => {
    const failed = { ...response, status: 'failed', error: { code: 'server_error', message: 'x' } };
    expect(responses.assemble(responses.playback(failed))).toEqual(failed);
  });
});

describe('rewriting responses streams', () => {
  const { open } = transforms['one that holds everything back']!;
  const at = { item_id: 'msg', output_index: 0, content_index: 0 };
  const text = 'response.output_text';

  test('held text leaves in one more delta ahead of the end of its text', () => {
    const message = (content: string): JsonRecord => ({
      type: 'message',
      content: [{ type: 'output_text', text: content }],
    });
    const events = [
      { type: `${text}.delta`, ...at, delta: 'a', logprobs: [], obfuscation: 'xx', sequence_number: 4 },
      { type: `${text}.delta`, ...at, delta: 'b', logprobs: [], sequence_number: 5 },
      { type: `${text}.done`, ...at, text: 'ab', logprobs: [{ token: 'ab' }], sequence_number: 6 },
      { type: 'response.output_item.done', output_index: 0, item: message('ab'), sequence_number: 7 },
      { type: 'response.completed', response: { output: [message('ab')] }, sequence_number: 8 },
    ];
    expect(rewrite(responses, events, open)).toEqual([
      { type: `${text}.delta`, ...at, delta: '<ab>', logprobs: [], sequence_number: 0 },
      { type: `${text}.done`, ...at, text: '<ab>', logprobs: [], sequence_number: 6 },
      { type: 'response.output_item.done', output_index: 0, item: message('<ab>'), sequence_number: 7 },
      { type: 'response.completed', response: { output: [message('<ab>')] }, sequence_number: 8 },
    ]);
  });

  test('a response that ends without the ends of its texts still gives them whole', () => {
    const events = [
      {
        type: 'response.function_call_arguments.delta',
        item_id: 'f',
        output_index: 0,
        delta: '{}',
        sequence_number: 1,
      },
      {
        type: 'response.incomplete',
        sequence_number: 2,
        response: { output: [{ type: 'function_call', arguments: '{}' }], output_text: '' },
      },
    ];
    expect(rewrite(responses, events, open)).toEqual([
      { ...events[0], delta: '<{}>', sequence_number: 0 },
      {
        ...events[1],
        response: { output: [{ type: 'function_call', arguments: '<{}>' }], output_text: '' },
      },
    ]);
  });

  test('what a failed response leaves out of its output is still given', () => {
    const delta = { type: `${text}.delta`, ...at, delta: 'a' };
    const failed = { type: 'response.failed', response: { status: 'failed', output: [] } };
    expect(rewrite(responses, [delta, failed], open)).toEqual([{ ...delta, delta: '<a>' }, failed]);
  });

  test('a text that is told three times but never streamed is transformed once', () => {
    const call = { type: 'function_call', arguments: '{}' };
    let opened = 0;
    const events = [
      { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{}' },
      { type: 'response.output_item.done', output_index: 0, item: call },
      { type: 'response.completed', response: { output: [call] } },
    ];
    const rewritten = rewrite(responses, events, (channel) => {
      opened++;
      expect(channel).toEqual({ id: 'output:0:arguments', kind: 'arguments' });
      return open();
    });
    expect(JSON.stringify(rewritten)).toBe(JSON.stringify(events).replaceAll('"{}"', '"<{}>"'));
    expect(opened).toBe(1);
  });

  test('a text that is told otherwise than it was streamed is transformed by itself', () => {
    const events = [
      { type: `${text}.delta`, ...at, delta: 'a' },
      { type: `${text}.done`, ...at, text: 'other' },
    ];
    expect(rewrite(responses, events, open)).toEqual([
      { type: `${text}.delta`, ...at, delta: '<a>' },
      { type: `${text}.done`, ...at, text: '<other>' },
    ]);
  });

  test('the joined text that some providers send along is joined anew', () => {
    const message = (content: string): JsonRecord => ({
      type: 'message',
      content: [{ type: 'output_text', text: content }],
    });
    const body = { output: [message('a'), message('b')], output_text: 'ab' };
    expect(responses.rewriter(open).body(body)).toEqual({
      output: [message('<a>'), message('<b>')],
      output_text: '<a><b>',
    });
  });
});
