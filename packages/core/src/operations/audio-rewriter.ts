import { isList, isRecord, mapItems, withField, type JsonRecord } from './json.ts';
import type { Channel, Rewriter, TextTransform } from './operation.ts';
import { transformWhole, visitField, type VisitText } from './visit-text.ts';

const main: Channel = { id: 'transcript', kind: 'transcript' };

/** Rewrites transcriptions. Segments and words tell the same text again, each as a channel of its own. */
export function audioRewriter(open: (channel: Channel) => TextTransform): Rewriter {
  let transform: TextTransform | undefined;
  let latest: JsonRecord | undefined;
  let came = '';
  let left = '';

  const whole = transformWhole(open);

  function end(): readonly JsonRecord[] {
    const rest = transform?.end() ?? '';
    transform = undefined;
    left += rest;
    return rest !== '' && latest !== undefined ? [withoutRawTokens(latest, { ...latest, delta: rest })] : [];
  }

  function rewriteDelta(event: JsonRecord, text: string): readonly JsonRecord[] {
    transform ??= open(main);
    latest = event;
    const out = transform.push(text);
    came += text;
    left += out;
    return out === '' ? [] : [withoutRawTokens(event, withField(event, 'delta', out))];
  }

  return {
    event(data) {
      if (!isRecord(data)) return [data];
      const { type, delta, text } = data;
      if (type === 'transcript.text.delta' && typeof delta === 'string' && delta !== '')
        return rewriteDelta(data, delta);
      if (type === 'transcript.text.segment')
        return [visitField(data, 'text', segmentId(data, 0), main.kind, whole)];
      if (type !== 'transcript.text.done') return [data];
      const before = end();
      if (typeof text !== 'string') return [...before, data];
      const settled = came === text ? left : whole(text, main.id, main.kind);
      return [...before, withoutRawTokens(data, withField(data, 'text', settled))];
    },
    end,
    body: (data) => mapTranscript(data, whole),
  };
}

/** Maps the texts of a transcription: an object, or plain text where that was asked for. */
function mapTranscript(data: unknown, visit: VisitText): unknown {
  if (typeof data === 'string') return visit(data, main.id, main.kind);
  if (!isRecord(data)) return data;
  let result = withoutRawTokens(data, visitField(data, 'text', main.id, main.kind, visit));
  const { segments, words } = data;
  if (isList(segments)) {
    const mapped = mapItems(segments, (segment, index) =>
      isRecord(segment)
        ? withoutRawTokens(segment, visitField(segment, 'text', segmentId(segment, index), main.kind, visit))
        : segment,
    );
    result = withField(result, 'segments', mapped);
  }
  if (isList(words)) {
    const mapped = mapItems(words, (word, index) =>
      isRecord(word) ? visitField(word, 'word', `word:${index}`, main.kind, visit) : word,
    );
    result = withField(result, 'words', mapped);
  }
  return result;
}

function segmentId(segment: JsonRecord, index: number): string {
  const { id } = segment;
  return `segment:${typeof id === 'string' || typeof id === 'number' ? id : index}`;
}

/** Log probabilities, and the token numbers of a segment, spell out what a rewrite took away. */
function withoutRawTokens(before: JsonRecord, after: JsonRecord): JsonRecord {
  if (after === before) return after;
  const { logprobs: _logprobs, tokens, ...rest } = after;
  return isList(tokens) ? { ...rest, tokens: [] } : rest;
}
