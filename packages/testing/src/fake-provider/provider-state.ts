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
      return (typeof standing === 'function' ? standing(request) : standing) ?? {};
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
