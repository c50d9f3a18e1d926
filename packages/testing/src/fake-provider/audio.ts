import { invalidRequest } from './api-error.ts';
import { deltas } from './deltas.ts';
import { asString } from './json.ts';
import type { OperationCall, Payload, StreamEvent } from './payload.ts';
import { digest } from './stable-id.ts';
import { countTokens } from './tokens.ts';

const TYPES: Readonly<Record<string, string>> = {
  mp3: 'audio/mpeg',
  opus: 'audio/ogg',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
};
const BYTES_PER_TOKEN = 240;

/** Answers `POST /audio/speech`: noise that depends on the text, longer for longer texts. */
export function speech({ params, reply, model }: OperationCall): Payload {
  const text = asString(params['input']) ?? '';
  const tokens = countTokens(text);
  const { inputTokens = tokens, outputTokens = tokens } = reply.usage ?? {};
  const bill = { model, inputTokens, outputTokens };
  const sound = Buffer.alloc(tokens * BYTES_PER_TOKEN, digest(text), 'hex');
  if (params['stream_format'] === 'sse') return { events: soundEvents(), bill };
  return {
    whole: sound,
    contentType: TYPES[asString(params['response_format']) ?? 'mp3'] ?? 'audio/mpeg',
    bill,
  };

  function* soundEvents(): Generator<StreamEvent> {
    for (let at = 0; at < sound.length; at += BYTES_PER_TOKEN) {
      const audio = sound.toString('base64', at, at + BYTES_PER_TOKEN);
      yield { data: JSON.stringify({ type: 'speech.audio.delta', audio }), content: true, tokens: 1 };
    }
    const usage = {
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
    };
    yield { data: JSON.stringify({ type: 'speech.audio.done', usage }) };
  }
}

/** Answers `POST /audio/transcriptions` and `/audio/translations`, in every format and streamed. */
export async function transcriptions(call: OperationCall): Promise<Payload> {
  const form = await call.form();
  const file = form.get('file');
  if (!(file instanceof Blob)) throw invalidRequest("Missing required parameter: 'file'.", 'file');
  const { reply, tokensPerChunk } = call;
  const model = asString(form.get('model')) ?? 'whisper-1';
  const text = [reply.text ?? `Transcript of ${file.name}, ${file.size} bytes`].flat()[0] ?? '';
  // One token for each 100 bytes of sound: nothing here can hear.
  const { inputTokens = Math.ceil(file.size / 100), outputTokens = countTokens(text) } = reply.usage ?? {};
  const bill = { model, inputTokens, outputTokens };
  const usage = {
    type: 'tokens',
    input_tokens: inputTokens,
    input_token_details: { text_tokens: 0, audio_tokens: inputTokens },
    output_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
  if (form.get('stream') === 'true') return { events: textEvents(), done: true, bill };

  switch (form.get('response_format')) {
    case 'text':
      return { whole: `${text}\n`, contentType: 'text/plain; charset=utf-8', bill };
    case 'srt':
      return {
        whole: `1\n00:00:00,000 --> 00:00:01,000\n${text}\n`,
        contentType: 'text/plain; charset=utf-8',
        bill,
      };
    case 'vtt':
      return {
        whole: `WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n${text}\n`,
        contentType: 'text/plain; charset=utf-8',
        bill,
      };
    case 'verbose_json': {
      const segment = { id: 0, seek: 0, start: 0, end: 1, text, tokens: [], temperature: 0 };
      const scores = { avg_logprob: 0, compression_ratio: 1, no_speech_prob: 0 };
      const verbose = {
        task: 'transcribe',
        language: 'english',
        duration: 1,
        text,
        segments: [{ ...segment, ...scores }],
      };
      return { whole: JSON.stringify({ ...verbose, usage: { type: 'duration', seconds: 1 } }), bill };
    }
    default:
      return { whole: JSON.stringify({ text, ...(!reply.omitUsage && { usage }) }), bill };
  }

  function* textEvents(): Generator<StreamEvent> {
    for (const { text: delta, tokens } of deltas(text, tokensPerChunk)) {
      yield { data: JSON.stringify({ type: 'transcript.text.delta', delta }), content: true, tokens };
    }
    yield {
      data: JSON.stringify({ type: 'transcript.text.done', text, ...(!reply.omitUsage && { usage }) }),
    };
  }
}
