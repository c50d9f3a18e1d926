import { around, choiceIndex } from './choice-rewriter.ts';
import { isList, isRecord, type JsonRecord } from './json.ts';
import type { Closing, Params, Usage } from './operation.ts';
import { asksForUsage } from './stream-usage.ts';

/**
 * Ends streams of choices, each by itself. The stream is over once all of them have ended.
 *
 * @param count how many choices there will be.
 * @param finished a streamed choice that finishes and says nothing.
 */
export function choicesClosing(
  params: Params,
  count: number,
  finished: (index: number) => JsonRecord,
): Closing {
  /** The choices that have their finish reason, and those that were ended before their time. */
  const ended = new Set<number>();
  const cut = new Set<number>();
  let latest: JsonRecord = {};
  return {
    event(data) {
      if (!isRecord(data) || !isList(data['choices'])) return [data];
      const choices = data['choices'].filter((choice, position) => {
        if (!isRecord(choice)) return true;
        const index = choiceIndex(choice, position);
        if (cut.has(index)) return false;
        if (typeof choice['finish_reason'] === 'string') ended.add(index);
        return true;
      });
      if (choices.length === data['choices'].length) return [data];
      return choices.length > 0 || isRecord(data['usage']) ? [{ ...data, choices }] : [];
    },
    end(channel, like) {
      const index = Number(channel.split(':')[1]);
      if (cut.has(index) || !isRecord(like)) return [];
      cut.add(index);
      latest = like;
      // It may have finished with the very event that is cut.
      if (ended.has(index)) return [];
      ended.add(index);
      return [around(like, finished(index))];
    },
    get over() {
      return cut.size > 0 && ended.size >= count;
    },
    close(usage) {
      if (!asksForUsage(params)) return [];
      const { obfuscation: _padding, ...frame } = latest;
      return [{ ...frame, choices: [], usage: wireUsage(usage) }];
    },
  };
}

/** How many choices a request gets for each prompt. */
export function choicesAsked({ n }: Params): number {
  return typeof n === 'number' && n > 1 ? n : 1;
}

function wireUsage({ inputTokens, outputTokens, totalTokens }: Usage): JsonRecord {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: totalTokens };
}
