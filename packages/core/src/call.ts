import { parseBody, serialise } from './call-body.ts';
import { CallId } from './call-id.ts';
import type { ContextEntry, ContextKey } from './context.ts';
import { derivedHeaders } from './derived.ts';
import type { Operation, Params } from './operations/operation.ts';
import type { Body, Fetch, Runtime } from './runtime.ts';
import type { Tags } from './tags.ts';

/** What `call.with` may change. */
export interface CallChanges<P extends Params = Params> {
  readonly url?: string;
  readonly params?: P;
  /** Merged over the headers there are; `null` removes one. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly signal?: AbortSignal;
  /** Sends the request in place of the one that did so far; for a call that goes elsewhere. */
  readonly transport?: Fetch;
  /** What becomes of an answer that points elsewhere; `manual` where a key must not follow it. */
  readonly redirect?: RequestInit['redirect'];
  /** Merged over the tags there are. */
  readonly tags?: Tags;
  readonly context?: readonly ContextEntry<never>[] | readonly ContextEntry[];
  readonly attempt?: number;
}

/** What `call.derive` makes a call to. */
export interface DerivedRequest<P extends Params = Params> {
  readonly operation: Operation<P>;
  readonly url: string;
  /** Sent as JSON. */
  readonly params: P;
  /** @default the signal of the call that it is derived from */
  readonly signal?: AbortSignal;
}

/** What a {@link Call} is made of. */
export interface CallInit {
  readonly runtime: Runtime;
  /** One per logical call: all attempts of it share it. */
  readonly id: string | CallId;
  readonly operation: Operation;
  /** What the client gave to `fetch`; sent on as it is unless something is changed. */
  readonly input: string | URL | Request;
  readonly init: RequestInit;
  readonly url: string;
  readonly method: string;
  /** The body's params, where whoever makes the call has them as an object already. */
  readonly params?: Params | undefined;
  /** The body, where `init` does not hold it. */
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined;
  /** The headers of the call, where `init` does not hold them, or holds tags that are not to be sent. */
  readonly headers?: Headers | undefined;
  /** Whether `headers` differ from what `init` holds. */
  readonly stripped?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly tags: Tags;
  readonly attempt: number;
  /** Sends the request of this call instead of the layer's own `FETCH`. */
  readonly transport?: Fetch | undefined;
  /** Of a client that may send the call again itself. */
  readonly resends?: Resending | undefined;
  /** Whether a unit made it by `derive`. */
  readonly derived?: boolean;
}

/** A client with retries of its own, as far as one call goes: each of its attempts comes through the layer. */
export interface Resending {
  /** Calls `done` once the client is through with the call: no further attempt comes. */
  whenDone(done: () => void): void;
}

/** What `with` changed. Copies share the rest with their original. All fields, always: objects of one shape are quick. */
interface Changes {
  readonly params: Params | undefined;
  readonly headers: Readonly<Record<string, string | null>> | undefined;
  readonly url: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly transport: Fetch | undefined;
  readonly redirect: RequestInit['redirect'];
  readonly tags: Tags | undefined;
  readonly attempt: number | undefined;
  readonly context: ContextLink | undefined;
}

/** The context as a list, the newest first: calls carry few entries, and one of these is a tenth of a map. */
interface ContextLink {
  readonly entry: ContextEntry;
  readonly next: ContextLink | undefined;
}

const NO_CHANGES: Changes = {
  params: undefined,
  headers: undefined,
  url: undefined,
  signal: undefined,
  transport: undefined,
  redirect: undefined,
  tags: undefined,
  attempt: undefined,
  context: undefined,
};

/**
 * One model call on its way to the provider. Immutable: `with` copies. Nothing of it is parsed or copied
 * before somebody looks, and what nobody changed is sent as the client gave it.
 */
export class Call<P extends Params = Params> {
  readonly #init: CallInit;
  readonly #changes: Changes;
  /** The call that this one is a copy of, in the end: it keeps what was parsed, for all of them. */
  readonly #root: Call;
  #parsed: Params | undefined;
  #headers: Headers | undefined;
  #signal: AbortSignal | undefined;

  private constructor(init: CallInit, changes: Changes, root?: Call) {
    this.#init = init;
    this.#changes = changes;
    this.#root = root ?? this;
  }

  /** Makes a call from what a client gave to `fetch`. For adapters and tests; interceptors get theirs. */
  static from(init: CallInit): Call {
    return new Call(init, NO_CHANGES);
  }

  /** Identifies the logical call; all its attempts share it. */
  get id(): string {
    const { id } = this.#init;
    return typeof id === 'string' ? id : id.value;
  }

  /** What the wire operation is and knows: `call.operation.name` is `chat`, `responses`, `embeddings`, ... */
  get operation(): Operation {
    return this.#init.operation;
  }

  get url(): string {
    return this.#changes.url ?? this.#init.url;
  }

  get method(): string {
    return this.#init.method;
  }

  /** Names for what the call is for: endpoint, tenant, user, any. */
  get tags(): Tags {
    return this.#changes.tags ?? this.#init.tags;
  }

  /** Which attempt of the logical call this is, from 1. */
  get attempt(): number {
    return this.#changes.attempt ?? this.#init.attempt;
  }

  /** The layer's clock, events and rules. */
  get runtime(): Runtime {
    return this.#init.runtime;
  }

  /** Sends this call's request in place of the layer's `FETCH`, where the client brought its own `fetch`. */
  get transport(): Fetch | undefined {
    return this.#changes.transport ?? this.#init.transport;
  }

  /** Of a client that may send the call again itself: then this is one attempt of it, and `id` is that of all. */
  get resends(): Resending | undefined {
    return this.#init.resends;
  }

  /** Whether a unit derived it from another call, so that what it asks, and how, are that unit's own words. */
  get derived(): boolean {
    return this.#init.derived === true;
  }

  /** The model that the request names. */
  get model(): string | undefined {
    return this.operation.model(this.params);
  }

  /** Whether a streamed reply is asked for. */
  get streamed(): boolean {
    // Most bodies can be told by their text, and then nobody has to parse them for this.
    const text = this.#held ? undefined : this.bodyText;
    if (text !== undefined && !text.includes('"stream"') && !text.includes('\\u')) return false;
    return this.params['stream'] === true;
  }

  /** Aborts when the caller gives up. Everything that waits, waits with it. */
  get signal(): AbortSignal {
    return (this.#signal ??= this.#changes.signal ?? this.#sentSignal() ?? new AbortController().signal);
  }

  /** The request's headers. Not to be changed in place: use `with({ headers })`. */
  get headers(): Headers {
    return (this.#headers ??= this.#buildHeaders());
  }

  /**
   * The request's params: the JSON body as an object, or the fields of a form. Parsed once, when first
   * asked for. Not to be changed in place: use `with({ params })`. Empty when the body is neither.
   */
  get params(): P {
    return (this.#changes.params ??
      this.#init.params ??
      (this.#root.#parsed ??= parseBody(this.#body()))) as P;
  }

  /** Characters of the body, without parsing it. */
  get bodyLength(): number {
    const body = this.#body();
    if (typeof body === 'string') return body.length;
    return body instanceof Uint8Array ? body.byteLength : 0;
  }

  /** The body as it was given, where that is text and nobody changed the params since. */
  get bodyText(): string | undefined {
    const body = this.#changes.params ? undefined : this.#body();
    return typeof body === 'string' ? body : undefined;
  }

  /** Whether the request can be sent more than once: a body that is a stream cannot. */
  get replayable(): boolean {
    const body = this.#body();
    return !(
      typeof body === 'object' &&
      body !== null &&
      (body instanceof ReadableStream || Symbol.asyncIterator in body)
    );
  }

  /** Narrows `params` to those of an operation: `if (call.is(chat)) call.params.messages`. */
  is<Q extends Params>(operation: Operation<Q>): this is Call<Q> {
    return (this.operation as unknown) === operation;
  }

  /** Whether this is `other`, or both are copies of one call by `with`: not what was derived from it. */
  copies(other: Call): boolean {
    return this.#init === other.#init;
  }

  /** The value that a unit further out put on the call, or the key's default. */
  get<T>(key: ContextKey<T>): T {
    for (let link = this.#changes.context; link; link = link.next) {
      if (link.entry[0] === (key as ContextKey<unknown>)) return link.entry[1] as T;
    }
    return key.defaultValue;
  }

  /** A copy with changes. What is not named stays, and stays shared. */
  with(changes: CallChanges<P>): Call<P> {
    const before = this.#changes;
    const { params, headers, url, signal, transport, redirect, tags, attempt, context } = changes;
    const after: Changes = {
      params: params ?? before.params,
      headers: headers ? { ...before.headers, ...lowerCase(headers) } : before.headers,
      url: url ?? before.url,
      signal: signal ?? before.signal,
      transport: transport ?? before.transport,
      redirect: redirect ?? before.redirect,
      tags: tags ? { ...this.tags, ...tags } : before.tags,
      attempt: attempt ?? before.attempt,
      context: context ? linked(before.context, context as readonly ContextEntry[]) : before.context,
    };
    return new Call<P>(this.#init, after, this.#root);
  }

  /**
   * A call of another operation that a unit needs in order to answer this one: an embedding, say, or a judge. It has the
   * credentials, tags, context and transport of this one, and its id with the operation's name behind it. To be given to
   * `next`, so that the units beneath account for it.
   */
  derive<Q extends Params>({ operation, url, params, signal = this.signal }: DerivedRequest<Q>): Call<Q> {
    const { runtime, init } = this.#init;
    const { transport } = this;
    const headers = derivedHeaders(this.headers);
    const body = JSON.stringify(params);
    const derived: CallInit = {
      runtime,
      id: new CallId(() => `${this.id}-${operation.name}`),
      operation,
      input: url,
      init: { ...init, method: 'POST', headers, body, signal },
      url,
      method: 'POST',
      params,
      tags: this.tags,
      attempt: 1,
      transport,
      derived: true,
    };
    return new Call<Q>(derived, { ...NO_CHANGES, context: this.#changes.context });
  }

  /** What to hand to `fetch`: the client's own arguments where nothing was changed. */
  request(): [input: string | URL | Request, init: RequestInit] {
    const { input, init, stripped } = this.#init;
    const { params, headers, url, signal, redirect } = this.#changes;
    const sameSignal = signal === undefined || signal === this.#sentSignal();
    const sameHeaders = !params && !headers && !stripped && this.attempt === this.#init.attempt;
    const request = input instanceof Request ? input : undefined;
    // A request object can be sent once; further attempts are built of what was kept of it.
    if (sameHeaders && url === undefined && sameSignal && !redirect && !request?.bodyUsed)
      return [input, init];
    const changed: RequestInit = { ...init, method: this.method, signal: this.signal };
    if (request) changed.redirect = init.redirect ?? request.redirect;
    if (redirect) changed.redirect = redirect;
    const body = params ? serialise(params, this.#body(), this.#held) : this.#body();
    if (body !== undefined && body !== null) changed.body = body;
    changed.headers = sameHeaders ? (init.headers ?? this.headers) : this.#sentHeaders();
    return [this.url, changed];
  }

  #sentHeaders(): Headers {
    const { params, headers: changed } = this.#changes;
    const renumbered = this.attempt !== this.#init.attempt;
    // What `with` changed is in a copy already, and this is the only one that it is sent with.
    if (changed && !renumbered && !params) return this.headers;
    const headers = new Headers(this.headers);
    if (renumbered) headers.set('x-stainless-retry-count', String(this.attempt - 1));
    // Of the body as it was. Whoever sends the new one measures it, and sets a form's boundary.
    if (params) headers.delete('content-length');
    if (params && this.#body() instanceof FormData) headers.delete('content-type');
    return headers;
  }

  #buildHeaders(): Headers {
    const { headers, init } = this.#init;
    const changed = this.#changes.headers;
    const given = headers ?? init.headers;
    if (!changed) return given instanceof Headers ? given : new Headers(given);
    const built = new Headers(given);
    for (const [name, value] of Object.entries(changed)) {
      if (value === null) built.delete(name);
      else built.set(name, value);
    }
    return built;
  }

  #body(): Body | null | undefined {
    return this.#init.body ?? this.#init.init.body;
  }

  /** What the body holds, as far as it was parsed. */
  get #held(): Params | undefined {
    return this.#init.params ?? this.#root.#parsed;
  }

  #sentSignal(): AbortSignal | null | undefined {
    return this.#init.signal ?? this.#init.init.signal;
  }
}

function linked(before: ContextLink | undefined, entries: readonly ContextEntry[]): ContextLink | undefined {
  return entries.reduce<ContextLink | undefined>((next, entry) => ({ entry, next }), before);
}

function lowerCase(headers: Readonly<Record<string, string | null>>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
