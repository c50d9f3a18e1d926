import { answerFormat, deadline, type Call } from '@interpose/core';
import { paramAt } from '../param-path.ts';
import { NONE, type GuardAction, type Rule, type Violation } from '../rule.ts';
import { takesLimit } from './output.ts';

/** What a request has to have. */
export interface Required {
  /** A limit of output tokens, where the operation takes one. */
  outputLimit?: boolean;
  /** An answer in JSON, or by a schema, of calls that hold a conversation. */
  responseFormat?: boolean | 'json_schema';
  /** A time-out that the official client is given with the call, at most so long, in milliseconds; `Infinity` for any. */
  timeoutMs?: number;
  /** Tags by name. */
  tags?: readonly string[];
  /** Params by their path. */
  params?: readonly string[];
}

// Set by the official client, in seconds, where a call has a time-out of its own.
const TIMEOUT_HEADER = 'x-stainless-timeout';

/** What has to be there. */
export function required(wanted: Required, actionOf: (rule: string) => GuardAction): readonly Rule[] {
  const { outputLimit, responseFormat, timeoutMs, tags = [], params = [] } = wanted;
  const rule = (name: string, find: (call: Call) => readonly Violation[]): Rule => {
    const id = `require.${name}`;
    return { id, action: actionOf(id), find };
  };
  return [
    ...(outputLimit ? [rule('outputLimit', limitMissing)] : []),
    ...(responseFormat ? [rule('responseFormat', (call) => formatMissing(call, responseFormat))] : []),
    ...(timeoutMs === undefined ? [] : [rule('timeout', (call) => timeoutMissing(call, timeoutMs))]),
    ...(tags.length > 0
      ? [rule('tags', (call) => tags.filter((tag) => !call.tags[tag]).map(missingTag))]
      : []),
    ...(params.length > 0 ? [rule('params', (call) => paramsMissing(call, params))] : []),
  ];
}

function limitMissing(call: Call): readonly Violation[] {
  const { operation, params } = call;
  if (operation.outputLimit(params) !== undefined || !takesLimit(call)) return NONE;
  return [{ place: 'output limit', asked: null, allowed: 'a limit of output tokens' }];
}

function formatMissing({ operation, params }: Call, wanted: true | 'json_schema'): readonly Violation[] {
  if (!operation.conversation) return NONE;
  const asked = answerFormat(params);
  if (asked === 'json_schema' || (wanted === true && asked === 'json_object')) return NONE;
  const allowed = wanted === true ? 'json_object or json_schema' : 'json_schema';
  return [{ place: 'response format', asked, allowed }];
}

function timeoutMissing(call: Call, timeoutMs: number): readonly Violation[] {
  const header = call.headers.get(TIMEOUT_HEADER);
  const given = header === null ? Number.NaN : Number(header) * 1000;
  // A bound that a unit further out put on the whole call is as good.
  const left = call.get(deadline) - call.runtime.clock.monotonic();
  const asked = given > 0 ? Math.min(given, left) : left;
  if (asked < Infinity && asked <= timeoutMs) return NONE;
  const allowed = timeoutMs === Infinity ? 'a time-out' : `a time-out of at most ${timeoutMs} ms`;
  return [{ place: `headers.${TIMEOUT_HEADER}`, asked: asked === Infinity ? null : asked, allowed }];
}

const missingTag = (tag: string): Violation => ({ place: `tags.${tag}`, asked: null, allowed: 'a tag' });

function paramsMissing(call: Call, params: readonly string[]): readonly Violation[] {
  return params
    .filter((path) => (paramAt(call.params, path) ?? null) === null)
    .map((place) => ({ place, asked: null, allowed: 'to be set' }));
}
