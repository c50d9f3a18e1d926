import { isList, isRecord, mapItems, withField, type JsonRecord } from './json.ts';
import type { Params } from './operation.ts';

/** Where a request is to go that was written for another model, perhaps at another provider. */
export interface Fit {
  /** @default the one that the request names */
  readonly model?: string | undefined;
  /** Whether it is another server or account: what the first one keeps by an id is not there. */
  readonly elsewhere: boolean;
  /** Whether it is a provider that speaks the API, but is neither OpenAI nor Azure. */
  readonly foreign: boolean;
}

// Reasoning models take no sampling parameters. Source: OpenAI's guide "Reasoning models", and its API reference.
const FIXED_SAMPLING = /^(?:.*\/)?(?:o[1-9]\d*(?![a-z\d])|gpt-(?:[5-9]|\d\d)(?!.*-chat)|codex-)/;

const CHAT_SAMPLING = [
  'frequency_penalty',
  'logit_bias',
  'logprobs',
  'presence_penalty',
  'stop',
  'temperature',
  'top_logprobs',
  'top_p',
];
const RESPONSES_SAMPLING = ['temperature', 'top_p', 'top_logprobs'];
// Of the account at OpenAI: others refuse them, or take them for something of their own.
const OF_THE_ACCOUNT = [
  'metadata',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'store',
];

/** Says whether a model is one of those that reason and let nobody choose how they sample. */
function reasons(model: unknown): boolean {
  return typeof model === 'string' && FIXED_SAMPLING.test(model);
}

/** Makes a chat request fit another model: what that one is known to refuse is left out or told in its own words. */
export function fitChat<P extends Params>(params: P, to: Fit): P {
  const { before, after, asked } = compared(params, to);
  let fitted: JsonRecord = asked;
  if (after) {
    if (!before) fitted = without(fitted, CHAT_SAMPLING);
    fitted = renamed(fitted, 'max_tokens', 'max_completion_tokens');
  } else {
    if (before) fitted = without(fitted, ['reasoning_effort', 'verbosity']);
    // The older word is the one that all of them know.
    if (to.foreign) fitted = renamed(fitted, 'max_completion_tokens', 'max_tokens');
  }
  if (!to.foreign) return fitted as P;
  fitted = without(fitted, OF_THE_ACCOUNT);
  const { messages } = fitted;
  return (isList(messages) ? withField(fitted, 'messages', mapItems(messages, olderRole)) : fitted) as P;
}

/** Makes a responses request fit another model, as {@link fitChat} does. */
export function fitResponses<P extends Params>(params: P, to: Fit): P {
  const { before, after, asked } = compared(params, to);
  let fitted: JsonRecord = asked;
  if (after && !before) fitted = without(fitted, RESPONSES_SAMPLING);
  if (before && !after) fitted = withoutReasoning(fitted);
  if (to.foreign) fitted = without(fitted, OF_THE_ACCOUNT);
  const { input } = fitted;
  if (isList(input) && (to.elsewhere || (before && !after))) {
    fitted = withField(fitted, 'input', unnamed(input, to.elsewhere));
  }
  return fitted as P;
}

function compared(params: Params, { model }: Fit): { before: boolean; after: boolean; asked: JsonRecord } {
  const asked = model === undefined ? params : withField(params, 'model', model);
  return { before: reasons(params['model']), after: reasons(asked['model']), asked };
}

function withoutReasoning(params: JsonRecord): JsonRecord {
  const { text, include } = params;
  let fitted = without(params, ['reasoning']);
  if (isRecord(text) && 'verbosity' in text) fitted = withField(fitted, 'text', without(text, ['verbosity']));
  if (isList(include)) {
    const kept = include.filter((name) => name !== 'reasoning.encrypted_content');
    if (kept.length < include.length) fitted = withField(fitted, 'include', kept);
  }
  return fitted;
}

/** Thoughts are for the model that had them alone, and ids for the account that gave them. */
function unnamed(input: readonly unknown[], elsewhere: boolean): readonly unknown[] {
  const kept = input.filter((item) => !(isRecord(item) && item['type'] === 'reasoning'));
  if (!elsewhere) return kept.length < input.length ? kept : input;
  return kept.map((item) => (isRecord(item) ? without(item, ['id']) : item));
}

function olderRole(message: unknown): unknown {
  return isRecord(message) && message['role'] === 'developer' ? { ...message, role: 'system' } : message;
}

function without(record: JsonRecord, names: readonly string[]): JsonRecord {
  if (!names.some((name) => name in record)) return record;
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

function renamed(record: JsonRecord, from: string, to: string): JsonRecord {
  if (!(from in record)) return record;
  const { [from]: value, ...rest } = record;
  return rest[to] === undefined || rest[to] === null ? { ...rest, [to]: value } : rest;
}
