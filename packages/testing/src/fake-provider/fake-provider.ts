import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { httpServer } from './http-front.ts';
import { inProcessFetch } from './in-process-front.ts';
import { type ProviderLedger, totalsOf } from './ledger.ts';
import {
  checkedReply,
  type ProviderState,
  providerState,
  resetState,
  type StandingReply,
} from './provider-state.ts';
import type { RecordedRequest } from './recorded-request.ts';
import type { ScriptedReply } from './scripted-reply.ts';

/** Settings of a fake provider. */
export interface FakeProviderOptions {
  /** What happens to the first requests, in order. See {@link FakeProvider.script}. @default [] */
  readonly script?: readonly ScriptedReply[];
  /** What happens to all others. See {@link FakeProvider.always}. @default the default answer */
  readonly replies?: StandingReply;
  /** Tokens in one event of a stream. @default 1 */
  readonly tokensPerChunk?: number;
  /** Port on 127.0.0.1; 0 takes a free one. In process it has no meaning. @default 0 */
  readonly port?: number;
}

/** A provider that answers like OpenAI's API, the same request in the same way every time. */
export interface FakeProvider extends AsyncDisposable {
  /** Where a client finds it. In process, a name that resolves nowhere: give the client {@link FakeProvider.fetch}. */
  readonly baseURL: string;
  /** Answers in this process, without a socket, whatever the host of the URL. */
  readonly fetch: typeof fetch;
  /** All requests since the last reset, over HTTP and in process, in the order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** What was served, for comparison with what a client believes it spent. */
  readonly ledger: ProviderLedger;
  /**
   * Queues replies for the next requests, one each. When the queue is empty, the standing reply is given.
   *
   * @throws RangeError for a reply with a value out of range, as `always` does
   */
  script(...replies: readonly ScriptedReply[]): void;
  /**
   * Gives this reply from now on when the queue is empty. A function may leave a request to the default answer; what
   * it throws is answered as a 500 that says so.
   */
  always(reply: StandingReply): void;
  /** Forgets the script, the standing reply, all requests, the ledger, files and uploads. */
  reset(): void;
  /** Stops listening and ends all that is open. It never waits for a client. */
  close(): Promise<void>;
}

/** Starts fake providers. */
export interface FakeProviderFactory {
  /**
   * Starts a provider that listens on 127.0.0.1.
   *
   * @throws RangeError for an option that is out of range; the error of the socket when the port is taken
   */
  (options?: FakeProviderOptions): Promise<FakeProvider>;
  /**
   * Makes a provider that has no socket and answers through its `fetch` only.
   *
   * @throws RangeError for an option that is out of range
   */
  inProcess(options?: Omit<FakeProviderOptions, 'port'>): FakeProvider;
}

/**
 * A deterministic fake of the OpenAI API, for tests, demos and benchmarks.
 *
 * ```ts
 * await using provider = await fakeProvider({ script: [rateLimited({ retryAfterMs: 5 })] });
 * const openai = new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' });
 * ```
 */
export const fakeProvider: FakeProviderFactory = Object.assign(listening, { inProcess });

// A thousand clients that connect at once; with Node's own 511, some of them would wait for many seconds.
const BACKLOG = 4096;

async function listening(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const { port = 0 } = options;
  const state = stateOf(options);
  const server = httpServer(state);
  server.listen({ port, host: '127.0.0.1', backlog: BACKLOG });
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  return providerOf(state, `http://127.0.0.1:${bound}/v1`, async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
}

function inProcess(options: Omit<FakeProviderOptions, 'port'> = {}): FakeProvider {
  return providerOf(stateOf(options), 'http://fake-provider.test/v1', async () => {});
}

function stateOf({ script = [], replies, tokensPerChunk = 1 }: FakeProviderOptions): ProviderState {
  if (!Number.isInteger(tokensPerChunk) || tokensPerChunk < 1) {
    throw new RangeError(`fakeProvider: tokensPerChunk must be an integer >= 1, got ${tokensPerChunk}`);
  }
  const state = providerState(tokensPerChunk);
  state.queue.push(...script.map(checkedReply));
  state.standing = typeof replies === 'object' ? checkedReply(replies) : replies;
  return state;
}

function providerOf(state: ProviderState, baseURL: string, release: () => Promise<void>): FakeProvider {
  const close = async (): Promise<void> => {
    if (state.closed) return;
    state.closed = true;
    for (const stop of state.open) stop();
    await release();
  };
  return {
    baseURL,
    fetch: inProcessFetch(state),
    requests: state.requests,
    ledger: { entries: state.entries, totals: () => totalsOf(state.entries) },
    script: (...replies) => void state.queue.push(...replies.map(checkedReply)),
    always: (reply) => {
      state.standing = typeof reply === 'object' ? checkedReply(reply) : reply;
    },
    reset: () => resetState(state),
    close,
    [Symbol.asyncDispose]: close,
  };
}
