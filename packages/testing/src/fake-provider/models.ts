import { notFound } from './api-error.ts';
import type { OperationCall, Payload } from './payload.ts';
import { CREATED } from './stable-id.ts';

const MODELS: readonly object[] = [
  'gpt-5',
  'gpt-5-mini',
  'gpt-5-nano',
  'gpt-4.1',
  'gpt-4o-mini',
  'gpt-3.5-turbo-instruct',
  'text-embedding-3-small',
  'text-embedding-3-large',
  'omni-moderation-latest',
  'gpt-image-1',
  'gpt-4o-mini-tts',
  'whisper-1',
].map((id) => ({ id, object: 'model', created: CREATED, owned_by: 'openai' }));

/** Answers `GET /models`. The list is not a fence: every other model name is served as well. */
export function listModels(): Payload {
  return { whole: JSON.stringify({ object: 'list', data: MODELS }) };
}

/** Answers `GET /models/{id}`. */
export function retrieveModel({ ids }: OperationCall): Payload {
  const model = MODELS.find((one) => 'id' in one && one.id === ids[0]);
  if (!model) throw notFound(`The model '${ids[0]}' does not exist`, 'model', 'model_not_found');
  return { whole: JSON.stringify(model) };
}
