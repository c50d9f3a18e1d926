import { isList, isRecord, mapItems, type JsonRecord } from './json.ts';
import type { CallStart, Channel, Rewriter, TextTransform } from './operation.ts';
import { transformWhole, type VisitText } from './visit-text.ts';

/** Where the texts are in a choice of one operation. */
export interface ChoiceTexts {
  /** Maps the texts of a choice, streamed or whole; returns the same object when nothing changed. */
  map(choice: JsonRecord, index: number, visit: VisitText): JsonRecord;
  /** A streamed choice that carries a text of one channel and nothing else. */
  carry(id: string, index: number, text: string): JsonRecord;
  /** The calls of functions that begin in a message, or in a delta of one. Absent where there are no such calls. */
  calls?(message: JsonRecord, index: number): CallStart[] | undefined;
}

/** The number of a choice: its own, or its place in the list. */
export function choiceIndex(choice: JsonRecord, position: number): number {
  return typeof choice['index'] === 'number' ? choice['index'] : position;
}

interface Track {
  readonly choice: number;
  readonly transform: TextTransform;
}

/**
 * Rewrites replies that consist of choices. A channel ends when its choice finishes, and already when the choice turns
 * to another channel (from content to a tool call, from one tool call to the next): consumers take a turn for the
 * end of what went before. What a transform then still holds leaves in an event of its own, ahead of that turn.
 */
export function choiceRewriter(texts: ChoiceTexts, open: (channel: Channel) => TextTransform): Rewriter {
  const tracks = new Map<string, Track>();
  let latest: JsonRecord | undefined;

  function push(text: string, channel: Channel, choice: number): string {
    let track = tracks.get(channel.id);
    if (track === undefined) {
      track = { choice, transform: open(channel) };
      tracks.set(channel.id, track);
    }
    return track.transform.push(text);
  }

  function end(id: string, track: Track): string {
    tracks.delete(id);
    return track.transform.end();
  }

  function rewriteChoice(choice: JsonRecord, index: number, ahead: (choice: JsonRecord) => void): JsonRecord {
    const here: string[] = [];
    let result = texts.map(choice, index, (text, id, kind) => {
      if (text !== '' || kind === 'arguments') here.push(id);
      return text === '' ? text : push(text, { id, kind }, index);
    });

    const finished = typeof choice['finish_reason'] === 'string';
    if (!finished && here.length === 0) return result;
    const held = new Map<string, string>();
    for (const [id, track] of tracks) {
      if (track.choice !== index) continue;
      if (!here.includes(id)) {
        const rest = end(id, track);
        if (rest !== '') ahead(texts.carry(id, index, rest));
      } else if (finished) {
        held.set(id, end(id, track));
      }
    }
    if (held.size > 0) result = texts.map(result, index, (text, id) => text + (held.get(id) ?? ''));
    return withoutRawTokens(choice, result);
  }

  return {
    event(data) {
      if (!isRecord(data) || !isList(data['choices']) || data['choices'].length === 0) return [data];
      latest = data;
      const events: unknown[] = [];
      const choices = mapItems(data['choices'], (choice, position) =>
        isRecord(choice)
          ? rewriteChoice(choice, choiceIndex(choice, position), (extra) => events.push(around(data, extra)))
          : choice,
      );
      if (choices === data['choices']) events.push(data);
      else if (isRecord(data['usage']) || !choices.every(isBare)) events.push({ ...data, choices });
      return events;
    },
    end() {
      const events: unknown[] = [];
      for (const [id, track] of tracks) {
        const rest = end(id, track);
        if (rest !== '' && latest !== undefined)
          events.push(around(latest, texts.carry(id, track.choice, rest)));
      }
      return events;
    },
    body(data) {
      if (!isRecord(data) || !isList(data['choices'])) return data;
      const choices = mapItems(data['choices'], (choice, position) => {
        if (!isRecord(choice)) return choice;
        const mapped = texts.map(choice, choiceIndex(choice, position), transformWhole(open));
        return withoutRawTokens(choice, mapped);
      });
      return choices === data['choices'] ? data : { ...data, choices };
    },
  };
}

/** An event like the given one, with one other choice in it. */
export function around(data: JsonRecord, choice: JsonRecord): JsonRecord {
  const { obfuscation: _padding, ...frame } = data;
  return 'usage' in frame ? { ...frame, choices: [choice], usage: null } : { ...frame, choices: [choice] };
}

/** Log probabilities spell out the very tokens that a rewrite took away. */
function withoutRawTokens(before: JsonRecord, after: JsonRecord): JsonRecord {
  return after === before || !isRecord(after['logprobs']) ? after : { ...after, logprobs: null };
}

/** Says whether nothing is left in a value, apart from the number of the choice or tool call that it belongs to. */
function isBare(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (isList(value)) return value.every(isBare);
  return isRecord(value) && Object.keys(value).every((key) => key === 'index' || isBare(value[key]));
}
