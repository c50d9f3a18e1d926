import { invalidRequest } from './api-error.ts';
import { asNumber } from './json.ts';
import type { OperationCall, Payload } from './payload.ts';
import { digest } from './stable-id.ts';
import { countTokens } from './tokens.ts';

/** Answers `POST /embeddings`: one unit vector for each input, in both encodings. */
export function embeddings({ params, reply, model }: OperationCall): Payload {
  const inputs = inputsOf(params['input']);
  const dimensions = asNumber(params['dimensions']) ?? (model.includes('3-large') ? 3072 : 1536);
  const data = inputs.map(({ text }, index) => {
    const vector = unitVector(text, dimensions);
    const embedding = params['encoding_format'] === 'base64' ? base64(vector) : Array.from(vector);
    return { object: 'embedding', index, embedding };
  });
  const tokens = reply.usage?.inputTokens ?? inputs.reduce((sum, input) => sum + input.tokens, 0);
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  const whole = JSON.stringify({ object: 'list', data, model, ...(!reply.omitUsage && { usage }) });
  return { whole, bill: { model, inputTokens: tokens, outputTokens: 0 } };
}

/**
 * Makes a vector of length 1 whose direction depends on the text alone.
 *
 * @param dimensions how many numbers; fewer are the start of more, scaled to length 1 again
 */
export function unitVector(text: string, dimensions: number): Float32Array {
  let state = Number.parseInt(digest(text).slice(0, 8), 16) || 1;
  // xorshift32 (Marsaglia, 2003): small, fast, and the same everywhere.
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  };
  const raw = Float64Array.from({ length: dimensions }, next);
  const length = Math.sqrt(raw.reduce((sum, value) => sum + value * value, 0));
  return Float32Array.from(raw, (value) => value / length);
}

function inputsOf(input: unknown): readonly { text: string; tokens: number }[] {
  if (typeof input === 'string') return [{ text: input, tokens: countTokens(input) }];
  if (!Array.isArray(input) || input.length === 0) {
    throw invalidRequest("'$.input' is invalid.", 'input');
  }
  if (typeof input[0] === 'number') return [{ text: input.join(' '), tokens: input.length }];
  return input.flatMap(inputsOf);
}

function base64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, at * 4);
  return bytes.toString('base64');
}
