import { audioRewriter } from './audio-rewriter.ts';
import { draftOf, endedBy, nothing } from './inspection.ts';
import { fields, fileName, inputMapper, list, text } from './input-text.ts';
import { isList, isRecord, type JsonRecord } from './json.ts';
import type { Inspection, Operation } from './operation.ts';
import { modelOf, posts } from './request.ts';
import { singleBody } from './single-body.ts';

/** The params of `POST /audio/speech`, `/audio/transcriptions` and `/audio/translations`, as far as the core reads them. */
export interface AudioParams {
  readonly [key: string]: unknown;
  readonly model: string;
  /** The text to speak. */
  readonly input?: string;
  /** How to speak it. */
  readonly instructions?: string;
  /** What to expect in the sound to be transcribed. */
  readonly prompt?: string;
  readonly stream?: boolean | null;
}

const isLast = (data: unknown): boolean =>
  isRecord(data) && (data['type'] === 'speech.audio.done' || data['type'] === 'transcript.text.done');

function inspectEvent(data: unknown): Inspection {
  if (!isRecord(data)) return nothing;
  const { type, delta, error } = data;
  const draft = draftOf(data, isLast(data));
  // The id of a segment is not the id of a reply.
  delete draft.id;
  if (type === 'transcript.text.delta' && typeof delta === 'string' && delta !== '') {
    draft.pieces = [{ id: 'transcript', kind: 'transcript', text: delta }];
    draft.content = true;
  }
  if (type === 'speech.audio.delta' || type === 'transcript.text.segment') draft.content = true;
  if (isRecord(error)) draft.error = error;
  else if (type === 'error') draft.error = data;
  return draft;
}

function inspectBody(data: unknown): Inspection {
  const written = isRecord(data) ? data['text'] : data;
  const draft = isRecord(data)
    ? draftOf(data, typeof written === 'string')
    : { ...nothing, terminal: typeof data === 'string' };
  if (typeof written !== 'string' || written === '') return draft;
  return { ...draft, content: true, pieces: [{ id: 'transcript', kind: 'transcript', text: written }] };
}

/** Adds the events of a transcription up to its body; speech, whose body is bytes, is `undefined`. */
function assemble(events: readonly unknown[]): unknown {
  const last = events.filter(isRecord).findLast((event) => event['type'] === 'transcript.text.done');
  if (last === undefined) return undefined;
  const { type: _type, ...body } = last;
  const segments = events.filter(isRecord).filter((event) => event['type'] === 'transcript.text.segment');
  return segments.length > 0 ? { ...body, segments } : body;
}

/** Plays a transcription back that is nothing but text: one with times of words or segments has no stream. */
function playback(body: unknown): readonly JsonRecord[] {
  if (
    !isRecord(body) ||
    typeof body['text'] !== 'string' ||
    isList(body['segments']) ||
    isList(body['words'])
  ) {
    return [];
  }
  return [
    { type: 'transcript.text.delta', delta: body['text'] },
    { type: 'transcript.text.done', ...body },
  ];
}

/** Sound: `POST /audio/speech`, `/audio/transcriptions` and `/audio/translations`. */
export const audio: Operation<AudioParams> = {
  ...singleBody,
  name: 'audio',
  matches: (method, path) =>
    posts(method, path, '/audio/speech') ||
    posts(method, path, '/audio/transcriptions') ||
    posts(method, path, '/audio/translations'),
  model: modelOf,
  mapInput: inputMapper(
    fields({
      input: text,
      instructions: text,
      prompt: text,
      file: fileName,
      keywords: list(text),
      known_speaker_names: list(text),
    }),
  ),
  withOutputLimit: (params) => params,
  inspectEvent,
  inspectBody,
  completion: endedBy(isLast),
  rewriter: audioRewriter,
  assemble,
  playback,
};
