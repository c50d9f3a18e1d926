import {
  chat,
  completions,
  embeddings,
  responses,
  type Call,
  type Operation,
  type Params,
} from '@interpose/core';
import type { Attributes } from '@opentelemetry/api';
import * as semconv from './semconv.ts';
import type { Server } from './provider.ts';

/** What the conventions call an operation; those that they do not know keep our name. */
const OPERATION_NAMES = new Map<Operation, string>([
  [chat, 'chat'],
  [responses, 'chat'],
  [completions, 'text_completion'],
  [embeddings, 'embeddings'],
]);

const API_TYPES = new Map<Operation, string>([
  [chat, 'chat_completions'],
  [responses, 'responses'],
]);

/** Whether an operation is one of those that the conventions call inference. */
export function isInference({ operation }: Call): boolean {
  return OPERATION_NAMES.has(operation) && operation !== (embeddings as Operation);
}

/** What identifies a call: for samplers, for metrics, and for the name of its span. */
export function identity(call: Call, server: Server | undefined): Attributes {
  const attributes: Attributes = {
    [semconv.OPERATION_NAME]: OPERATION_NAMES.get(call.operation) ?? call.operation.name,
    [semconv.PROVIDER_NAME]: server?.provider ?? 'openai',
  };
  const { model } = call;
  if (model !== undefined) attributes[semconv.REQUEST_MODEL] = model;
  if (server) {
    attributes[semconv.SERVER_ADDRESS] = server.address;
    attributes[semconv.SERVER_PORT] = server.port;
  }
  return attributes;
}

/** What a request asks for, apart from its content. */
export function requestAttributes(call: Call, scrub: (text: string) => string): Attributes {
  const { params, operation } = call;
  const attributes: Attributes = {};
  for (const [name, field] of NUMBERS) put(attributes, name, numberOf(params[field]));
  put(attributes, semconv.MAX_TOKENS, operation.outputLimit(params));
  if (params['n'] !== 1) put(attributes, semconv.CHOICE_COUNT, numberOf(params['n']));
  if (call.streamed) attributes[semconv.STREAM] = true;
  put(attributes, semconv.STOP_SEQUENCES, stopSequences(params, scrub));
  put(
    attributes,
    semconv.REASONING_LEVEL,
    word(params['reasoning_effort']) ?? word(at(params, 'reasoning', 'effort')),
  );
  put(attributes, semconv.OUTPUT_TYPE, outputType(call));
  put(
    attributes,
    semconv.CONVERSATION_ID,
    word(params['conversation']) ?? word(at(params, 'conversation', 'id')),
  );
  put(attributes, semconv.API_TYPE, API_TYPES.get(operation));
  const tier = word(params['service_tier']);
  if (tier !== 'auto') put(attributes, semconv.REQUEST_SERVICE_TIER, tier);
  if (call.is(embeddings)) {
    const format = word(call.params['encoding_format']);
    if (format !== undefined) attributes[semconv.ENCODING_FORMATS] = [format];
    put(attributes, semconv.DIMENSION_COUNT, numberOf(call.params['dimensions']));
  }
  return attributes;
}

const NUMBERS = [
  [semconv.TEMPERATURE, 'temperature'],
  [semconv.TOP_P, 'top_p'],
  [semconv.TOP_K, 'top_k'],
  [semconv.SEED, 'seed'],
  [semconv.FREQUENCY_PENALTY, 'frequency_penalty'],
  [semconv.PRESENCE_PENALTY, 'presence_penalty'],
] as const;

function put(attributes: Attributes, name: string, value: unknown): void {
  if (value !== undefined) attributes[name] = value;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** A value that is a name out of a short list. Anything longer may be text, which is not to be shown. */
function word(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.:-]{1,128}$/.test(value) ? value : undefined;
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const field of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Params)[field];
  }
  return found;
}

function stopSequences({ stop }: Params, scrub: (text: string) => string): string[] | undefined {
  const list: unknown[] = Array.isArray(stop) ? stop : [stop];
  const texts = list.filter((item) => typeof item === 'string').map(scrub);
  return texts.length > 0 ? texts : undefined;
}

function outputType({ operation, params, url }: Call): string | undefined {
  if (operation.name === 'images') return 'image';
  if (operation.name === 'audio') return url.includes('/speech') ? 'speech' : 'text';
  const { modalities } = params;
  if (Array.isArray(modalities) && modalities.includes('audio')) return 'speech';
  const format = at(params, 'response_format', 'type') ?? at(params, 'text', 'format', 'type');
  if (format === 'json_schema' || format === 'json_object') return 'json';
  return format === 'text' ? 'text' : undefined;
}
