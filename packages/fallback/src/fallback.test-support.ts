import {
  CLOCK,
  FETCH,
  controlLayer,
  provide,
  refusalOf,
  type InterposeError,
  type Layer,
  type StackEntry,
} from '@interpose/core';
import {
  fakeClock,
  fakeProvider,
  recordEvents,
  scripted,
  type FakeClock,
  type FakeProvider,
  type ScriptedAnswer,
  type ScriptedHandler,
  type ScriptedReply,
} from '@interpose/testing';

export const CHAT_URL = 'https://api.openai.com/v1/chat/completions';

/** The arguments of `fetch` for a chat call. */
export function chatInit(params: object = {}, init: RequestInit = {}): RequestInit {
  return {
    method: 'POST',
    headers: { authorization: 'Bearer sk-primary', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hello' }], ...params }),
    ...init,
  };
}

/** A whole chat body. */
export function answer(content = 'hello back'): object {
  return { choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] };
}

/** An event of a chat stream. */
export function delta(content: string, finish: string | null = null): object {
  return { choices: [{ index: 0, delta: { content }, finish_reason: finish }] };
}

/** An error answer, as OpenAI writes it. */
export function failing(status: number, code: string | null = null): object {
  return { status, body: { error: { message: 'secret words of the provider', type: null, code } } };
}

/** What came of a call. */
export interface Asked {
  readonly response: Response;
  readonly text: string;
  /** What the response stands for, where it was made of an error of the layer's. */
  readonly error: InterposeError | undefined;
}

export interface Stack {
  readonly clock: FakeClock;
  readonly handler: ScriptedHandler;
  readonly layer: Layer;
  /** The events of all calls, a line each. */
  readonly log: readonly string[];
  ask(params?: object, init?: RequestInit): Promise<Asked>;
}

/** A layer over a scripted provider and beneath a fake clock. */
export function stackOf(entries: readonly StackEntry[], answers: readonly ScriptedAnswer[]): Stack {
  const clock = fakeClock();
  const handler = scripted(answers);
  const layer = controlLayer([
    provide(CLOCK, clock),
    ...entries,
    { name: 'scripted', create: () => () => handler },
  ]);
  const { lines: log } = recordEvents(layer);
  return { clock, handler, layer, log, ask: (params, init) => asked(layer, params, init) };
}

export async function asked(layer: Layer, params: object = {}, init: RequestInit = {}): Promise<Asked> {
  const response = await layer.fetch(CHAT_URL, chatInit(params, init));
  return { response, text: await response.text(), error: refusalOf(response.headers) };
}

/** What a call came to, in one line, with who answered it. */
export function told({ response, text, error }: Asked): string {
  if (error) return `${response.status} ${error.name} ${error.code}`;
  const by = response.headers.get('x-interpose-answered-by');
  const content = /"content":"([^"]*)"/.exec(text)?.[1] ?? text;
  return [response.status, content, ...(by === null ? [] : ['from', by])].join(' ');
}

/** Two providers behind one network, told apart by their host; and a layer over them. */
export function twoProviders(
  entries: (backup: { baseURL: string; apiKey: string; name: string }) => readonly StackEntry[],
  script: readonly ScriptedReply[] = [],
): { primary: FakeProvider; backup: FakeProvider; layer: Layer; log: readonly string[] } {
  const primary = fakeProvider.inProcess({ script });
  const backup = fakeProvider.inProcess();
  const network = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { host } = new URL(input instanceof Request ? input.url : input);
    return (host === 'backup.test' ? backup : primary).fetch(input, init);
  };
  const layer = controlLayer([
    provide(FETCH, network),
    ...entries({ baseURL: 'https://backup.test/v1', apiKey: 'sk-backup', name: 'backup' }),
  ]);
  return { primary, backup, layer, log: recordEvents(layer).lines };
}

/** The error of a promise that rejects. */
export async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}
