import {
  CLOCK,
  controlLayer,
  provide,
  type Layer,
  type LightResponse,
  type StackEntry,
} from '@interpose/core';
import {
  fakeClock,
  recordEvents,
  scripted,
  type FakeClock,
  type ScriptedAnswer,
  type ScriptedHandler,
} from '@interpose/testing';
import type { TimeoutError } from './index.ts';

const CHAT_URL = 'https://api.openai.com/v1/chat/completions';

/** A whole chat body. */
export function answer(content = 'hello back'): object {
  return { choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] };
}

/** An event of a chat stream. */
export function delta(content: string, finish: string | null = null): object {
  return { choices: [{ index: 0, delta: { content }, finish_reason: finish }] };
}

/** A line that keeps a connection alive, and says nothing. */
export const PING = ': ping\n\n';

/** Waits by the clock of a test, between the events of a script. */
export type Wait = (ms: number) => Promise<void>;

export interface Stack {
  readonly clock: FakeClock;
  readonly handler: ScriptedHandler;
  readonly layer: Layer;
  /** The events of all calls, a line each. */
  readonly log: readonly string[];
  /** Makes one chat call. */
  ask(params?: object, init?: RequestInit): Promise<Response>;
  /** The same with a stream: reads it, and tells what came and how it ended, with the time of each. */
  read(init?: RequestInit, pause?: Wait): Promise<string[]>;
}

/** A layer over a scripted provider and beneath a fake clock that starts at 0. */
export function stackOf(
  plugins: readonly StackEntry[],
  answers: (wait: Wait) => readonly ScriptedAnswer[],
  clock: FakeClock = fakeClock(),
): Stack {
  const handler = scripted(answers((ms) => clock.sleep(ms)));
  const layer = controlLayer([
    provide(CLOCK, clock),
    ...plugins,
    { name: 'scripted', create: () => () => handler },
  ]);
  const { lines: log } = recordEvents(layer);
  const ask = (params: object = {}, init: RequestInit = {}): Promise<Response> => {
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }], ...params });
    return layer.fetch(CHAT_URL, { method: 'POST', body, ...init });
  };
  async function read(init: RequestInit = {}, pause: Wait = async () => {}): Promise<string[]> {
    const seen: string[] = [];
    const tell = (words: string): void => void seen.push(`${clock.monotonic()} ${words}`);
    try {
      const response = await ask({ stream: true }, init);
      if (!response.ok) {
        tell(`${response.status} ${response.headers.get('x-interpose-error')}`);
        return seen;
      }
      const parsed = (response as unknown as LightResponse).takeParsed('events');
      if (parsed?.kind !== 'events') throw new Error('no events');
      for (let batch = await parsed.next(); batch; batch = await parsed.next()) {
        for (const event of batch) tell(/"content":"(.*?)"/.exec(event.data)?.[1] ?? event.data);
        await pause(batch.length);
      }
      tell('end');
    } catch (error) {
      tell(told(error));
    }
    return seen;
  }
  return { clock, handler, layer, log, ask, read };
}

/** An error in one line. */
export function told(error: unknown): string {
  const { name, code, clock, limitMs, elapsedMs, receivedCharacters, message } = error as TimeoutError;
  return clock === undefined
    ? `${name}: ${message}`
    : `${name} ${code}: ${clock} ${limitMs}, ${elapsedMs} ms, ${receivedCharacters} characters`;
}

/** What a promise comes to, in one line. */
export async function settledAs(work: Promise<unknown>): Promise<string> {
  try {
    return String(await work);
  } catch (error) {
    return told(error);
  }
}
