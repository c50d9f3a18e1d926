import { choiceIndex } from './choice-rewriter.ts';
import { isList, isRecord, type JsonRecord } from './json.ts';
import type { Params } from './operation.ts';
import { asksForUsage } from './stream-usage.ts';

/**
 * Plays a body of choices back as chunks, choice by choice, and last the usage. With params, usage is played only if
 * they ask for it in `stream_options.include_usage`; without, it is played if the body has it.
 */
export function playChoices(
  body: unknown,
  params: Params | undefined,
  play: (choice: JsonRecord, index: number) => Iterable<JsonRecord>,
): readonly JsonRecord[] {
  if (!isRecord(body) || !isList(body['choices'])) return [];
  const { choices: _choices, usage, ...frame } = body;
  const counted = isRecord(usage) && (params === undefined || asksForUsage(params));
  // Like the wire: a stream that will count at its end says null until then.
  const shared: JsonRecord = counted ? { ...frame, usage: null } : frame;

  const chunks: JsonRecord[] = [];
  for (const [position, choice] of body['choices'].entries()) {
    if (!isRecord(choice)) continue;
    for (const chunk of play(choice, choiceIndex(choice, position))) {
      chunks.push({ ...shared, choices: [chunk] });
    }
  }
  if (counted) chunks.push({ ...shared, choices: [], usage });
  return chunks;
}
