import type { OpenEntry } from './ledger.ts';
import type { ProviderStore } from './provider-store.ts';
import type { OpenRequest, RecordedRequest } from './recorded-request.ts';
import type { ScriptedReply } from './scripted-reply.ts';

/** A reply, or a function that gives one for some requests and leaves the others to the default. */
export type StandingReply = ScriptedReply | ((request: RecordedRequest) => ScriptedReply | undefined);

/** All that one provider knows. */
export interface ProviderState {
  readonly tokensPerChunk: number;
  readonly requests: OpenRequest[];
  readonly entries: OpenEntry[];
  readonly queue: ScriptedReply[];
  readonly store: ProviderStore;
  /** How to end what is still being answered, one for each open request. */
  readonly open: Set<() => void>;
  standing: StandingReply | undefined;
  closed: boolean;
  /** Takes the reply for a request: the next of the queue, or the standing one, or the default. */
  next(request: RecordedRequest): ScriptedReply;
}

/** Makes the state of a provider that has seen nothing yet. */
export function providerState(tokensPerChunk: number): ProviderState {
  const state: ProviderState = {
    tokensPerChunk,
    requests: [],
    entries: [],
    queue: [],
    store: { files: new Map(), uploads: new Map() },
    open: new Set(),
    standing: undefined,
    closed: false,
    next(request) {
      const queued = state.queue.shift();
      if (queued) return queued;
      const { standing } = state;
      return checkedReply((typeof standing === 'function' ? standing(request) : standing) ?? {});
    },
  };
  return state;
}

/** Forgets all that happened and all that was scripted. */
export function resetState(state: ProviderState): void {
  state.requests.length = 0;
  state.entries.length = 0;
  state.queue.length = 0;
  state.standing = undefined;
  state.store.files.clear();
  state.store.uploads.clear();
}

/**
 * Gives a reply back if it can be played.
 *
 * @throws RangeError with the value received
 */
export function checkedReply(reply: ScriptedReply): ScriptedReply {
  const { status = 200, chunkBytes = 1, latency = 0, firstContentDelay = 0, drip = 0, keepAlive = 1 } = reply;
  const stated = (holds: boolean, rule: string, value: number): void => {
    if (!holds) throw new RangeError(`fakeProvider: ${rule}, got ${value}`);
  };
  stated(status >= 200 && status <= 599, 'status must be from 200 to 599', status);
  stated(Number.isInteger(chunkBytes) && chunkBytes >= 1, 'chunkBytes must be an integer >= 1', chunkBytes);
  stated(keepAlive > 0, 'keepAlive must be > 0 ms', keepAlive);
  for (const [name, ms] of Object.entries({ latency, firstContentDelay, drip })) {
    stated(ms >= 0, `${name} must be >= 0 ms`, ms);
  }
  return reply;
}
