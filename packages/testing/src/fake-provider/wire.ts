import type { Frame } from './frames.ts';
import { pause } from './pause.ts';
import type { CutHow, Place, ScriptedReply } from './scripted-reply.ts';

/** Thrown by a body where the script ends the connection. */
export class Cut extends Error {
  override readonly name = 'Cut';
  readonly how: CutHow;

  constructor(how: CutHow) {
    super(`the script ends the connection (${how})`);
    this.how = how;
  }
}

/** The bytes of a body, in the pieces that are to be written, made when a front end pulls them. */
export interface Wire {
  readonly chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** Whether the piece that was pulled last was the last one. */
  readonly exhausted: boolean;
}

/** Told of each frame when the last of its bytes is pulled, and whether the body ends with it. */
export type OnSent = (frame: Frame, last: boolean) => void;

/**
 * Makes the bytes of a reply, with the faults that concern when and how far they are sent.
 *
 * @param signal ends every wait; the body then throws
 */
export function wire(
  frames: Iterable<Frame>,
  reply: ScriptedReply,
  onSent: OnSent,
  signal: AbortSignal,
): Wire {
  let exhausted = false;
  const sent: OnSent = (frame, last) => {
    exhausted = last;
    onSent(frame, last);
  };
  const { firstContentDelay, drip, stall, cut } = reply;
  // Without waits the body is synchronous: a front end that is not slowed down writes it in one go.
  const chunks =
    firstContentDelay || drip || stall || cut
      ? scripted(frames, reply, sent, signal)
      : direct(frames, reply.chunkBytes, sent);
  return {
    chunks,
    get exhausted() {
      return exhausted;
    },
  };
}

function* direct(
  frames: Iterable<Frame>,
  chunkBytes: number | undefined,
  sent: OnSent,
): Generator<Uint8Array> {
  for (const [frame, last] of withLast(frames)) {
    for (const [piece, lastPiece] of withLast(split(frame.bytes, chunkBytes))) {
      if (lastPiece) sent(frame, last);
      yield piece;
    }
  }
}

async function* scripted(
  frames: Iterable<Frame>,
  reply: ScriptedReply,
  sent: OnSent,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { cut, stall, firstContentDelay = 0, drip = 0, keepAlive, chunkBytes } = reply;
  const end = cut ?? stall;
  const eventLimit = limitOf(end, 'afterEvents');
  const byteLimit = limitOf(end, 'atByte');
  let events = 0;
  let bytes = 0;
  let contentSeen = false;

  for (const [frame, last] of withLast(frames)) {
    if (events === eventLimit) break;
    const firstContent: boolean = frame.content && !contentSeen;
    contentSeen ||= firstContent;
    yield* idle((firstContent ? firstContentDelay : 0) || (events > 0 ? drip : 0), keepAlive, signal);
    for (const [piece, lastPiece] of withLast(split(frame.bytes, chunkBytes))) {
      const room = byteLimit - bytes;
      if (piece.length > room) {
        if (room > 0) yield piece.subarray(0, room);
        yield* halt(reply, signal);
      }
      // With an end still to come, the last byte of the body is not the end of it.
      if (lastPiece) sent(frame, last && !end);
      bytes += piece.length;
      yield piece;
    }
    events++;
  }
  if (end) yield* halt(reply, signal);
}

/** Ends a body where the script says so; never returns. */
async function* halt(
  { cut, stall, keepAlive }: ScriptedReply,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (cut) throw new Cut(cut.how ?? 'close');
  yield* idle(Infinity, stall?.keepAlive ?? keepAlive, signal);
}

const COMMENT: Uint8Array = Buffer.from(': keep-alive\n\n');

async function* idle(ms: number, keepAlive = Infinity, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let left = ms;
  while (left > keepAlive) {
    await pause(keepAlive, signal);
    left -= keepAlive;
    yield COMMENT;
  }
  if (left > 0) await pause(left, signal);
}

function limitOf(place: Place | undefined, unit: 'afterEvents' | 'atByte'): number {
  const limits: { afterEvents?: number; atByte?: number } = place ?? {};
  return limits[unit] ?? Infinity;
}

function* split(bytes: Uint8Array, size: number | undefined): Generator<Uint8Array> {
  if (size === undefined || bytes.length <= size) {
    yield bytes;
    return;
  }
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function* withLast<T>(items: Iterable<T>): Generator<[item: T, last: boolean]> {
  let held: [T] | undefined;
  for (const item of items) {
    if (held) yield [held[0], false];
    held = [item];
  }
  if (held) yield [held[0], true];
}

/** Pulls the pieces of a wire one by one; a wire without waits answers without a promise. */
export interface Puller {
  next(): IteratorResult<Uint8Array, unknown> | Promise<IteratorResult<Uint8Array, unknown>>;
  /** Ends a wire that is not pulled to its end. */
  stop(): void;
}

/** Opens a wire for pulling. */
export function pullerOf({ chunks }: Wire): Puller {
  const iterator =
    Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  return {
    next: () => iterator.next(),
    stop: () => {
      // A wait that is under way ends with the signal; what it throws has no reader any more.
      void Promise.resolve(iterator.return?.()).catch(() => {});
    },
  };
}
