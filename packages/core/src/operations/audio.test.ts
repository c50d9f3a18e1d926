import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { audio } from './audio.ts';
import { isRecord } from './json.ts';
import { cut, inputLaws, places, rewrite, someText, streamLaws, transforms } from './laws.test-support.ts';

const wireUsage = {
  type: 'tokens',
  input_tokens: 14,
  input_token_details: { text_tokens: 4, audio_tokens: 10 },
  output_tokens: 3,
  total_tokens: 17,
};
const usage = { inputTokens: 14, outputTokens: 3, totalTokens: 17, audioInputTokens: 10 };

describe('the params of an audio request', () => {
  inputLaws(audio, { model: 'tts-1', input: 'speak', instructions: 'softly', voice: 'ash' });

  test('every text that a model reads is reached', () => {
    expect(places(audio, { model: 'tts-1', input: 'speak', instructions: 'softly', voice: 'ash' })).toEqual([
      'input: speak',
      'instructions: softly',
    ]);
    expect(
      places(audio, {
        model: 'whisper-1',
        prompt: 'names',
        file: new File([], 'ann.wav'),
        keywords: ['Ann'],
      }),
    ).toEqual(['prompt: names', 'file.name: ann.wav', 'keywords.0: Ann']);
  });
});

describe('transcription streams and bodies', () => {
  streamLaws(
    audio,
    fc.record(
      {
        text: someText.filter((text) => text !== ''),
        logprobs: fc.constant([{ token: 'a', logprob: -1 }]),
        usage: fc.constant(wireUsage),
      },
      { requiredKeys: ['text'] },
    ),
    (events, random) =>
      events.filter(isRecord).flatMap((event) => {
        const { delta } = event;
        return typeof delta === 'string'
          ? cut(delta, random).map((text) => ({ ...event, delta: text }))
          : [event];
      }),
  );
});

test('speech streams are content without text until they are done', () => {
  const done = { type: 'speech.audio.done', usage: wireUsage };
  expect(
    [{ type: 'speech.audio.delta', audio: 'AAAA' }, done].map((event) => audio.inspectEvent(event)),
  ).toEqual([
    { pieces: [], content: true, terminal: false },
    { pieces: [], content: false, terminal: true, usage },
  ]);
  expect(audio.assemble([done])).toBe(undefined);
});

test('seconds are no tokens', () => {
  const body = { text: 'hi', usage: { type: 'duration', seconds: 9 } };
  expect(audio.inspectBody(body)).toEqual({
    pieces: [{ id: 'transcript', kind: 'transcript', text: 'hi' }],
    content: true,
    terminal: true,
  });
});

test('segments and words are rewritten too, and a change takes raw tokens with it', () => {
  const { open } = transforms['one that changes every letter']!;
  const rewriter = audio.rewriter(open);
  expect(
    rewriter.body({
      text: 'a b',
      logprobs: [{ token: 'a' }],
      segments: [{ id: 0, text: 'a b', tokens: [1, 2] }],
      words: [{ word: 'a', start: 0 }],
    }),
  ).toEqual({
    text: 'A B',
    segments: [{ id: 0, text: 'A B', tokens: [] }],
    words: [{ word: 'A', start: 0 }],
  });
  expect(rewriter.body('1\n00:00 --> 00:01\na b')).toBe('1\n00:00 --> 00:01\nA B');

  const events = [
    { type: 'transcript.text.segment', id: 's1', speaker: 'A', text: 'a' },
    { type: 'transcript.text.done', text: 'a', usage: wireUsage },
  ];
  expect(rewrite(audio, events, open)).toEqual([
    { type: 'transcript.text.segment', id: 's1', speaker: 'A', text: 'A' },
    { type: 'transcript.text.done', text: 'A', usage: wireUsage },
  ]);
  expect(audio.assemble(events)).toEqual({ text: 'a', usage: wireUsage, segments: [events[0]] });
});

test('a transcription with times has no stream', () => {
  expect(audio.playback({ text: 'a', words: [] })).toEqual([]);
});
