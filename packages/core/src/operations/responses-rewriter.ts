import { isRecord, withField, type JsonRecord } from './json.ts';
import type { Channel, Rewriter, TextTransform } from './operation.ts';
import {
  channelOf,
  deltas,
  mapItem,
  mapPart,
  mapResponse,
  wholes,
  withoutRawTokens,
  type TextStream,
} from './responses-texts.ts';
import { transformWhole, type VisitText } from './visit-text.ts';

/** What became of one channel so far. */
interface Track {
  /** At work until the channel ends. */
  transform?: TextTransform | undefined;
  /** The latest delta event: the pattern for one more. */
  latest?: JsonRecord;
  /** All text that came, and all that left. */
  came: string;
  left: string;
}

const lasts = new Set<unknown>(['response.completed', 'response.incomplete', 'response.failed']);

/**
 * Rewrites a reply of the responses operation. Its stream tells each text several times: bit by bit, then whole when
 * the text, its part, its item and the response are done. The later tellings repeat what the bits became; only a text
 * that was never streamed, or not as it is told, is transformed by itself.
 */
export function responsesRewriter(open: (channel: Channel) => TextTransform): Rewriter {
  const tracks = new Map<string, Track>();
  const numbers = numbering();
  const whole = transformWhole(open);

  function push({ id, kind }: Channel, text: string, event: JsonRecord): string {
    let track = tracks.get(id);
    if (track === undefined) tracks.set(id, (track = { came: '', left: '' }));
    track.transform ??= open({ id, kind });
    track.latest = event;
    const out = track.transform.push(text);
    track.came += text;
    track.left += out;
    return out;
  }

  /** Ends a channel; what it still held leaves in one more delta event. */
  function end(track: Track, events: JsonRecord[]): void {
    const rest = track.transform?.end() ?? '';
    track.transform = undefined;
    track.left += rest;
    if (rest !== '' && track.latest !== undefined) events.push(numbers.insert(deltaLike(track.latest, rest)));
  }

  /** What a whole text became. */
  function settle(events: JsonRecord[]): VisitText {
    return (text, id, kind) => {
      const track = tracks.get(id);
      if (track !== undefined) {
        end(track, events);
        if (track.came === text) return track.left;
      }
      if (text === '') return text;
      const left = whole(text, id, kind);
      tracks.set(id, { came: text, left });
      return left;
    };
  }

  function rewriteDelta(event: JsonRecord, stream: TextStream): readonly JsonRecord[] {
    const text = event['delta'];
    if (typeof text !== 'string' || text === '') return [numbers.pass(event)];
    const out = push(channelOf(event, stream), text, event);
    if (out === '') return [];
    return [numbers.pass(withoutRawTokens(event, withField(event, 'delta', out)))];
  }

  function rewriteWhole(event: JsonRecord, events: JsonRecord[]): JsonRecord {
    const { type } = event;
    const visit = settle(events);
    const output = typeof event['output_index'] === 'number' ? event['output_index'] : 0;
    const stream = wholes.get(type);
    if (stream !== undefined) {
      const { id, kind } = channelOf(event, stream);
      const text = event[stream.field];
      // An event that tells the end without the text.
      if (typeof text !== 'string') {
        const track = tracks.get(id);
        if (track !== undefined) end(track, events);
        return event;
      }
      return withoutRawTokens(event, withField(event, stream.field, visit(text, id, kind)));
    }
    switch (type) {
      case 'response.content_part.added':
      case 'response.content_part.done':
      case 'response.reasoning_summary_part.added':
      case 'response.reasoning_summary_part.done': {
        const index = event['content_index'] ?? event['summary_index'];
        return withField(
          event,
          'part',
          mapPart(event['part'], output, typeof index === 'number' ? index : 0, visit),
        );
      }
      case 'response.output_item.added':
      case 'response.output_item.done':
        return withField(event, 'item', mapItem(event['item'], output, visit));
      default:
        if (!lasts.has(type)) return event;
        for (const track of tracks.values()) end(track, events);
        return withField(event, 'response', mapResponse(event['response'], visit));
    }
  }

  return {
    event(data) {
      if (!isRecord(data)) return [data];
      const stream = deltas.get(data['type']);
      if (stream !== undefined) return rewriteDelta(data, stream);
      const events: JsonRecord[] = [];
      const rewritten = rewriteWhole(data, events);
      events.push(numbers.pass(rewritten));
      return events;
    },
    end() {
      const events: JsonRecord[] = [];
      for (const track of tracks.values()) end(track, events);
      return events;
    },
    body: (data) => mapResponse(data, whole),
  };
}

function deltaLike(event: JsonRecord, delta: string): JsonRecord {
  const { obfuscation: _padding, ...rest } = event;
  return 'logprobs' in rest ? { ...rest, delta, logprobs: [] } : { ...rest, delta };
}

/** Keeps sequence numbers rising once events were put in between; leaves them alone until then. */
function numbering(): { pass(event: JsonRecord): JsonRecord; insert(event: JsonRecord): JsonRecord } {
  let last = -1;
  let inserted = false;
  return {
    pass(event) {
      const number = event['sequence_number'];
      if (typeof number !== 'number') return event;
      last = inserted && number <= last ? last + 1 : number;
      return withField(event, 'sequence_number', last);
    },
    insert(event) {
      if (typeof event['sequence_number'] !== 'number') return event;
      inserted = true;
      last += 1;
      return { ...event, sequence_number: last };
    },
  };
}
