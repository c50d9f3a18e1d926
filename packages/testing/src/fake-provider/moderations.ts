import { asString } from './json.ts';
import type { OperationCall, Payload } from './payload.ts';
import { textOf } from './prompt.ts';
import { stableId } from './stable-id.ts';

const CATEGORIES: readonly string[] = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/instructions',
  'self-harm/intent',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
];

/** Answers `POST /moderations`: a text is flagged for each category that it names. */
export function moderations({ params, seed, model }: OperationCall): Payload {
  const { input } = params;
  // A list of parts is one input of several media; a list of strings is several inputs.
  const texts = Array.isArray(input) && typeof input[0] === 'string' ? input : [textOf(input)];
  const results = texts.map((text) => moderation(asString(text) ?? ''));
  return {
    whole: JSON.stringify({ id: stableId('modr-', seed), model, results }),
    bill: { model, inputTokens: 0, outputTokens: 0 },
  };
}

function moderation(text: string): object {
  const words = text.toLowerCase();
  const flags = CATEGORIES.map((category) => [category, words.includes(category)] as const);
  return {
    flagged: flags.some(([, flagged]) => flagged),
    categories: Object.fromEntries(flags),
    category_scores: Object.fromEntries(
      flags.map(([category, flagged]) => [category, flagged ? 0.99 : 0.01]),
    ),
    category_applied_input_types: Object.fromEntries(CATEGORIES.map((category) => [category, ['text']])),
  };
}
