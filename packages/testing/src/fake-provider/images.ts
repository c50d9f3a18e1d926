import { asNumber, asString } from './json.ts';
import type { OperationCall, Payload } from './payload.ts';
import { CREATED, stableId } from './stable-id.ts';
import { countTokens } from './tokens.ts';

// A PNG of one transparent pixel: every picture of the fake looks like it.
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const TOKENS_PER_IMAGE = 100;

/** Answers `POST /images/generations`: a pixel in base64, or an address that leads nowhere. */
export function images({ params, reply, seed, model }: OperationCall): Payload {
  const n = asNumber(params['n']) ?? 1;
  const prompt = asString(params['prompt']) ?? '';
  const linked = params['response_format'] === 'url';
  const data = Array.from({ length: n }, (_, index) =>
    linked
      ? {
          url: `https://images.example.com/${stableId('img-', `${seed}${index}`)}.png`,
          revised_prompt: prompt,
        }
      : { b64_json: PIXEL },
  );
  const { inputTokens = countTokens(prompt), outputTokens = n * TOKENS_PER_IMAGE } = reply.usage ?? {};
  const usage = {
    input_tokens: inputTokens,
    input_tokens_details: { text_tokens: inputTokens, image_tokens: 0 },
    output_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
  const whole = JSON.stringify({
    created: CREATED,
    data,
    output_format: params['output_format'] ?? 'png',
    quality: params['quality'] ?? 'high',
    size: params['size'] ?? '1024x1024',
    ...(!reply.omitUsage && { usage }),
  });
  return { whole, bill: { model, inputTokens, outputTokens } };
}
