import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SseDecoder, StreamEvent } from './sse.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function decode(...chunks: readonly Uint8Array[]): string[] {
  const decoder = new SseDecoder();
  return [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()].map(show);
}

function show(event: StreamEvent): string {
  return `${event.type ?? '-'}|${event.data}`;
}

/** Bytes cut at the given places. */
function cut(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.toSorted((a, b) => a - b), whole.length];
  return ends.map((end, index) => whole.subarray(index === 0 ? 0 : ends[index - 1], end));
}

const CASES: readonly (readonly [name: string, wire: string, events: readonly string[]])[] = [
  ['one event', 'data: a\n\n', ['-|a']],
  ['CRLF', 'event: x\r\ndata: a\r\n\r\ndata: b\r\n\r\n', ['x|a', '-|b']],
  ['lone CR', 'event: x\rdata: a\r\rdata: b\r\r', ['x|a', '-|b']],
  ['mixed line ends', 'data: a\r\n\ndata: b\n\r\ndata: c\r\n\rdata: d\n\n', ['-|a', '-|b', '-|c', '-|d']],
  ['comments', ': hello\n\n:\ndata: a\n: within\n\n', ['-|a']],
  ['data of several lines', 'data: a\ndata: b\ndata:\ndata: c\n\n', ['-|a\nb\n\nc']],
  ['data without a colon', 'data\n\ndata\ndata\n\n', ['-|', '-|\n']],
  ['data without a space, and with two', 'data:a\n\ndata:  b\n\n', ['-|a', '-| b']],
  ['a name without data, which is forgotten', 'event: x\n\ndata: a\n\n', ['-|a']],
  ['fields that nobody knows', 'id: 7\nretry: 10\nnonsense\ndata: a\n\n', ['-|a']],
  ['a byte order mark', '\uFEFFdata: a\n\n', ['-|a']],
  ['characters of two, three and four bytes', 'data: é€😀\n\n', ['-|é€😀']],
  ['no blank line at the end', 'data: a\n\ndata: b\n', ['-|a', '-|b']],
  ['no line end at the end', 'data: a\n\nevent: x\ndata: b', ['-|a', 'x|b']],
  ['many blank lines', '\n\n\ndata: a\n\n\n\ndata: b\n\n\n', ['-|a', '-|b']],
  ['nothing', '', []],
];

describe('SseDecoder', () => {
  for (const [name, wire, events] of CASES) {
    test(`reads ${name}, cut at any byte and into single bytes`, () => {
      const whole = bytes(wire);
      expect(decode(whole)).toEqual(events);
      for (let place = 0; place <= whole.length; place++)
        expect(decode(...cut(whole, [place]))).toEqual(events);
      expect(decode(...cut(whole, [...whole.keys()]))).toEqual(events);
    });
  }

  test('says the same of any stream, however it is cut', () => {
    const line = fc.constantFrom(
      'data: {"a":"é"}',
      'data:😀',
      'data',
      ': c',
      'event: e',
      'id: 1',
      '',
      '',
      '\uFEFF',
    );
    const end = fc.constantFrom('\n', '\r\n', '\r');
    const wire = fc
      .array(fc.tuple(line, end).map((pair) => pair.join('')))
      .map((lines) => bytes(lines.join('')));
    fc.assert(
      fc.property(wire, fc.array(fc.nat(200)), (whole, places) => {
        const inside = places.map((place) => Math.min(place, whole.length));
        expect(decode(...cut(whole, inside))).toEqual(decode(whole));
      }),
      { numRuns: 500 },
    );
  });

  test('keeps the text of the wire: the raw events add up to what came', () => {
    const wire = ': c\nevent: x\r\ndata: a\r\n\r\n\r\ndata: b\ndata: c\n\n';
    for (let place = 0; place <= wire.length; place++) {
      const decoder = new SseDecoder();
      const events = [wire.slice(0, place), wire.slice(place)].flatMap((part) => decoder.push(bytes(part)));
      expect(events.map((event) => event.raw).join('')).toBe(wire);
    }
  });

  test('ends an event that the provider left open, so that another may follow', () => {
    const decoder = new SseDecoder();
    decoder.push(bytes('data: 1'));
    expect(decoder.end().map((event) => event.raw)).toEqual(['data: 1\n\n']);
    expect(decoder.end()).toEqual([]);
  });

  test('replaces bytes that are no UTF-8, and goes on', () => {
    expect(decode(new Uint8Array([...bytes('data: a'), 0xff, ...bytes('b\n\ndata: c\n\n')]))).toEqual([
      '-|a\uFFFDb',
      '-|c',
    ]);
  });

  test('takes an event of 4 MB in 400,000 chunks at once, not in the square of it', () => {
    const decoder = new SseDecoder();
    const chunk = bytes('0123456789');
    decoder.push(bytes('data: '));
    for (let count = 0; count < 400_000; count++) decoder.push(chunk);
    // A decoder that searches or copies the whole for each chunk takes minutes, and the test times out.
    expect(decoder.push(bytes('\n\n'))[0]?.data.length).toBe(4_000_000);
  });
});

describe('StreamEvent', () => {
  test('parses its data once, and tells what is no JSON', () => {
    const event = StreamEvent.decoded(undefined, '{"a":1}', '');
    expect(event.json).toBe(event.json);
    expect(StreamEvent.decoded(undefined, '{', '').wellFormed).toBe(false);
    expect(StreamEvent.decoded(undefined, 'null', '').wellFormed).toBe(true);
  });

  test('writes an event of our own making with the name that it is given', () => {
    expect(StreamEvent.of({ a: 1 }, 'x').raw + StreamEvent.of([2]).raw).toBe(
      'event: x\ndata: {"a":1}\n\ndata: [2]\n\n',
    );
  });

  test('is the end when its data says so, and nothing else', () => {
    const dones = ['[DONE]', '[DONE] ', '"[DONE]"', ''].map(
      (text) => StreamEvent.decoded(undefined, text, '').done,
    );
    expect(dones).toEqual([true, false, false, false]);
  });
});
