import type { Params, TokenCounter } from '@interpose/core';
import { callOf } from '@interpose/testing';
import { tokenCounter } from '@interpose/tokens';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bench } from './trim.test-support.ts';
import { SUMMARY_HEADING, type Strategy } from './index.ts';

const counter: TokenCounter = tokenCounter();
const tokensOf = async (operation: string, params: Params): Promise<number> =>
  counter.input(callOf({ operation, params }));

const words = fc.oneof(
  fc.lorem({ maxCount: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constant('x'.repeat(400)),
);

/** A step of a model that works with tools: so many calls at once, and their results in any order. */
const toolStep = fc.record({
  outputs: fc.array(words, { minLength: 1, maxLength: 3 }),
  reversed: fc.boolean(),
  reasoned: fc.boolean(),
});
const exchange = fc.record({
  asked: fc.array(words, { minLength: 1, maxLength: 2 }),
  steps: fc.array(toolStep, { maxLength: 3 }),
  answer: fc.option(words, { nil: undefined }),
  noted: fc.boolean(),
});
type Exchange = typeof exchange extends fc.Arbitrary<infer T> ? T : never;
const conversation = fc.record({
  instructions: fc.option(words, { nil: undefined }),
  greeting: fc.boolean(),
  exchanges: fc.array(exchange, { minLength: 1, maxLength: 6 }),
  open: fc.boolean(),
});
type Talk = typeof conversation extends fc.Arbitrary<infer T> ? T : never;

/** Ids come again and again, as those of some providers do, or are all different. */
function chatOf({ instructions, greeting, exchanges, open }: Talk, fresh: boolean): Params {
  const messages: Params[] = instructions === undefined ? [] : [{ role: 'system', content: instructions }];
  if (greeting) messages.push({ role: 'assistant', content: 'hello' });
  let calls = 0;
  exchanges.forEach(({ asked, steps, answer, noted }, index) => {
    for (const content of asked) messages.push({ role: 'user', content });
    for (const { outputs, reversed } of steps) {
      const ids = outputs.map((_, at) => `call_${fresh ? calls++ : at}`);
      const made = ids.map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '{"a":1}' } }));
      messages.push({ role: 'assistant', content: null, tool_calls: made });
      const results = outputs.map((content, at) => ({ role: 'tool', tool_call_id: ids[at], content }));
      messages.push(...(reversed ? results.toReversed() : results));
    }
    if (noted) messages.push({ role: 'developer', content: 'note' });
    if (answer !== undefined && !(open && index === exchanges.length - 1)) {
      messages.push({ role: 'assistant', content: answer });
    }
  });
  return { model: 'gpt-4o', messages };
}

function inputOf({ instructions, greeting, exchanges, open }: Talk): Params {
  const input: Params[] = greeting ? [{ role: 'assistant', content: 'hello' }] : [];
  let items = 0;
  exchanges.forEach(({ asked, steps, answer, noted }: Exchange, index) => {
    for (const content of asked) input.push({ role: 'user', content });
    for (const { outputs, reversed, reasoned } of steps) {
      if (reasoned) input.push({ type: 'reasoning', id: `rs_${items++}`, summary: [] });
      const ids = outputs.map(() => `call_${items++}`);
      for (const call_id of ids)
        input.push({ type: 'function_call', call_id, name: 'f', arguments: '{"a":1}' });
      const results = outputs.map((output, at) => ({
        type: 'function_call_output',
        call_id: ids[at],
        output,
      }));
      input.push(...(reversed ? results.toReversed() : results));
    }
    if (noted) input.push({ role: 'developer', content: 'note' });
    if (answer !== undefined && !(open && index === exchanges.length - 1)) {
      input.push({ type: 'reasoning', id: `rs_${items++}`, summary: [] });
      input.push({ type: 'message', role: 'assistant', content: answer });
    }
  });
  return { model: 'gpt-4o', ...(instructions !== undefined && { instructions }), input };
}

/** What the API refuses: results without calls, calls without results, reasoning without what it led to. */
function faultsOf(list: readonly Params[]): string[] {
  const faults: string[] = [];
  let open: Set<unknown> = new Set();
  list.forEach((item, index) => {
    const { role, tool_calls: calls, tool_call_id: id, type, call_id } = item;
    if (role === 'tool' || type === 'function_call_output') {
      if (!open.delete(id ?? call_id)) faults.push(`a result without a call at ${index}`);
      return;
    }
    if (open.size > 0 && type !== 'function_call') faults.push(`calls without a result before ${index}`);
    if (Array.isArray(calls)) open = new Set(calls.map((call: Params) => call['id']));
    if (type === 'function_call') open.add(call_id);
    if (type === 'reasoning') {
      const next = list[index + 1];
      if (next?.['type'] !== 'function_call' && next?.['role'] !== 'assistant')
        faults.push(`reasoning that led to nothing at ${index}`);
    }
  });
  if (open.size > 0) faults.push('calls without a result at the end');
  return faults;
}

const listOf = (params: Params): readonly Params[] => (params['messages'] ?? params['input']) as Params[];

/** An entry without what a strategy may have changed of it. */
function identity({ content, output, ...rest }: Params): string {
  return JSON.stringify(
    rest['tool_call_id'] === undefined && output === undefined ? { content, ...rest } : rest,
  );
}

function isSubsequence(some: readonly string[], all: readonly string[]): boolean {
  let at = 0;
  return some.every((one) => {
    at = all.indexOf(one, at) + 1;
    return at > 0;
  });
}

const SUMMARY = {
  object: 'response',
  status: 'completed',
  choices: [{ index: 0, message: { role: 'assistant', content: 'So it was.' }, finish_reason: 'stop' }],
  output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'So it was.' }] }],
};

const strategies = fc.uniqueArray(
  fc.constantFrom<Strategy>('oldest-first', 'middle-out', 'tool-outputs-first', 'summarise'),
  { minLength: 1 },
);

const requests = fc.oneof(
  fc
    .tuple(conversation, fc.boolean())
    .map(([talk, fresh]) => ({ operation: 'chat', params: chatOf(talk, fresh) })),
  conversation.map((talk) => ({ operation: 'responses', params: inputOf(talk) })),
);

test(
  'whatever is done, the request stays valid, in its order, and within its limit',
  { timeout: 60_000 },
  async () => {
    const used = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        requests,
        strategies,
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        async (request, strategy, part) => {
          const { operation, params } = request;
          const whole = await tokensOf(operation, params);
          const maxInputTokens = Math.max(1, Math.floor(whole * part));
          const options = { maxInputTokens, strategy, summarise: { model: 'mini', maxOutputTokens: 20 } };
          const one = bench(options, [({ model }) => (model === 'mini' ? SUMMARY : {})], { counter });
          expect(faultsOf(listOf(params))).toEqual([]);
          const { error } = await one.ask(params);
          if (error) {
            const { keptTokens } = error as { keptTokens: number };
            expect(error).toMatchObject({ name: 'TrimError' });
            expect(keptTokens).toBeGreaterThan(maxInputTokens);
            return;
          }
          const sent = one.handler.calls.at(-1)?.params as Params;
          expect(await tokensOf(operation, sent)).toBeLessThanOrEqual(maxInputTokens);
          expect(faultsOf(listOf(sent))).toEqual([]);
          const isSummary = ({ content }: Params): boolean => String(content).startsWith(SUMMARY_HEADING);
          const before = listOf(params).map(identity);
          const after = listOf(sent).filter((item) => !isSummary(item));
          expect(isSubsequence(after.map(identity), before)).toBe(true);
          expect(listOf(sent).filter(isSummary).length).toBeLessThanOrEqual(1);
          const instructs = ({ role }: Params): boolean => role === 'system' || role === 'developer';
          expect(after.filter(instructs)).toEqual(listOf(params).filter(instructs));
          expect(after.findLast(({ role }) => role === 'user')).toEqual(
            listOf(params).findLast(({ role }) => role === 'user'),
          );
          expect(after.at(-1)).toEqual(listOf(params).at(-1));
          expect({ ...sent, messages: 0, input: 0 }).toEqual({ ...params, messages: 0, input: 0 });
          for (const line of one.told) for (const name of line.replace(/:.*/, '').split('.')) used.add(name);

          const again = bench(options, [], { counter });
          await again.ask(sent);
          expect(again.handler.calls.map((call) => call.params)).toEqual([sent]);
        },
      ),
      { numRuns: 300 },
    );
    // Otherwise it would have shown nothing.
    expect([...used].toSorted()).toEqual(['middle-out', 'oldest-first', 'summarise', 'tool-outputs-first']);
  },
);
