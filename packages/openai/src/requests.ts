import {
  TAG_HEADER_PREFIX,
  findOperation,
  isPlatformFetch,
  passthrough,
  withPlatformHeaders,
  type CallId,
  type Fetch,
  type Layer,
  type Operation,
  type Params,
  type Resending,
  type SendOptions,
} from '@interpose/core';
import { isOwn, type ClientInternals, type RequestOptions } from './client-internals.ts';
import { DecodedStream } from './decoded-stream.ts';
import { clientError } from './errors.ts';
import { ownJson } from './own-json.ts';
import { watchTurns, type Turn } from './turns.ts';

/** Carries what is known of a request: the client's options of it, later its headers. Under one key per layer. */
type Carrier = Record<symbol, Known | undefined>;

/** What the client's hooks learn of a request before it reaches `fetch`. */
class Known implements SendOptions {
  /** The same for all attempts that the client makes of one call. */
  readonly id: CallId;
  readonly operation: Operation;
  readonly untagged: boolean;
  readonly transport: Fetch | undefined;
  readonly present = clientError;
  attempt = 1;
  /** Whether a request of this call was on its way already. */
  sent = false;
  /** The body as it was serialised, and the params that it was serialised from. */
  text: string | undefined;
  params: Params | undefined;
  readonly resends: Resending | undefined;
  /** What came already, for the client's own method to deal with. */
  held: Held | undefined;

  constructor(
    id: CallId,
    operation: Operation,
    untagged: boolean,
    transport: Fetch | undefined,
    resends: Resending | undefined,
  ) {
    this.id = id;
    this.operation = operation;
    this.untagged = untagged;
    this.transport = transport;
    this.resends = resends;
  }
}

/** An answer that came before the client's own method ran. */
interface Held {
  readonly answer: Promise<Response>;
  /** Aborts the request that was sent. */
  readonly controller: AbortController;
}

/** What the hooks into a client know of its requests. */
export interface RequestWatch {
  /** Whether somebody gave the client hooks of their own, which want to be called once for each attempt. */
  readonly hooked: boolean;
  /** Finds what is known of the request whose arguments these are. */
  of(init: RequestInit): SendOptions | undefined;
  /** Whether anything is known of the call with these options. */
  knows(options: RequestOptions): boolean;
  /** The next request of the call with these options is answered by this, and not sent. */
  hold(options: RequestOptions, held: Held): void;
  /** Lets go of what is still held for the call with these options: nobody asks for it any more. */
  release(options: RequestOptions): void;
  /** Takes what is held for the request whose arguments these are. */
  takeHeld(init: RequestInit): Promise<Response> | undefined;
  /** Watches from now on when the client is through with a call, where the layer does not send it again itself. */
  turns(): void;
}

/**
 * Hooks into the steps that the client takes before `fetch`: gives each logical call its id, takes the params
 * of long bodies as an object at the very moment they are serialised, and names the class that streams are
 * made of.
 *
 * @param defaultHeaders headers that the client puts on every request.
 * @returns what `fetch` is to ask.
 */
export function watchRequests(
  client: ClientInternals,
  layer: Layer,
  transport: Fetch | undefined,
  defaultHeaders: unknown,
): RequestWatch {
  // Of this layer alone: another one beneath the same client knows the call by another id.
  const KNOWN = Symbol('interpose.known');
  const TURN = Symbol('interpose.turn');
  const byBody = new WeakMap<object, { text: string; params: Params }>();
  const tagged = mayBeTagged(defaultHeaders) || mayBeTagged(process.env['OPENAI_CUSTOM_HEADERS']);

  const hooked = !isOwn(client, 'prepareOptions') || !isOwn(client, 'prepareRequest');
  // A hook that does something goes first.
  const prepareOptions = hookOf(client, 'prepareOptions');
  client.prepareOptions = function prepareOptionsBeneath(options) {
    if (prepareOptions) return after(prepareOptions(options), () => note(options));
    return note(options);
  };

  const prepareRequest = hookOf(client, 'prepareRequest');
  client.prepareRequest = function prepareRequestBeneath(request, context) {
    if (prepareRequest) return after(prepareRequest(request, context), () => link(request, context.options));
    return link(request, context.options);
  };

  function turnOf(options: RequestOptions): Turn | undefined {
    return (options as unknown as Record<symbol, Turn | undefined>)[TURN];
  }

  function note(options: RequestOptions): void {
    const carrier = options as unknown as Carrier;
    // A retry of the client comes with the same options, and is another attempt of the same call.
    if (carrier[KNOWN]) return;
    const operation = operationOf(options);
    if (operation === passthrough || !Object.isExtensible(options)) return;
    // A hook may still put tags on the request.
    const untagged = !tagged && !prepareRequest && !mayBeTagged(options.headers);
    const id = layer.newCallId();
    carrier[KNOWN] = new Known(id, operation, untagged, transport, turnOf(options));
    options.__streamClass ??= DecodedStream;
  }

  const buildBody = client.buildBody?.bind(client);
  if (buildBody) {
    client.buildBody = function buildBodyBeneath(input) {
      const built = buildBody(input);
      // In the same tick as the serialisation, so that nobody can change the object in between.
      if (isLong(built.body) && (input.options as unknown as Carrier)[KNOWN]) {
        const body = input.options.body as object;
        const params = ownJson(body);
        if (params) byBody.set(body, { text: built.body, params });
      }
      return built;
    };
  }

  function link(request: RequestInit, options: RequestOptions): void {
    const carrier = options as unknown as Carrier;
    let known = carrier[KNOWN];
    const { headers } = request;
    if (!known || !(headers instanceof Headers)) return;
    if (known.held) {
      (headers as unknown as Carrier)[KNOWN] = known;
      return;
    }
    if (known.sent && headers.get('x-stainless-retry-count') === '0') {
      // The user gave the same options to another call.
      known = new Known(layer.newCallId(), known.operation, known.untagged, transport, turnOf(options));
      carrier[KNOWN] = known;
    }
    if (known.sent) known.attempt++;
    known.sent = true;
    const built = isLong(request.body) && isObject(options.body) ? byBody.get(options.body) : undefined;
    known.text = built?.text;
    known.params = built?.params;
    // What sends a call again gives it a key; here, where the headers are the request's own, that costs no copy of them.
    if (layer.retries && !headers.has('idempotency-key')) headers.set('idempotency-key', known.id.value);
    (headers as unknown as Carrier)[KNOWN] = known;
  }

  function knownOf(init: RequestInit): Known | undefined {
    return (init.headers as unknown as Carrier | undefined)?.[KNOWN];
  }

  return {
    hooked,
    of(init) {
      const known = knownOf(init);
      // A hook further on may have changed the body: then it is parsed from what is sent.
      if (known && known.text !== init.body) known.params = undefined;
      return known;
    },
    knows: (options) => (options as unknown as Carrier)[KNOWN] !== undefined,
    hold(options, held) {
      const known = (options as unknown as Carrier)[KNOWN];
      if (known) known.held = held;
    },
    release(options) {
      const known = (options as unknown as Carrier)[KNOWN];
      known?.held?.controller.abort();
      if (known) known.held = undefined;
    },
    takeHeld(init) {
      const known = knownOf(init);
      if (!known?.held) return undefined;
      const { answer, controller } = known.held;
      known.held = undefined;
      const { signal } = init;
      // Whoever stops the client's request means the one that was sent.
      signal?.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
      return answer;
    },
    turns() {
      if (!layer.retries) watchTurns(client, TURN);
    },
  };
}

/**
 * A hook that does something: a subclass's, another layer's, or that of a client that resolves its key there. The
 * hooks of newer clients have an empty body, and need not be called and waited for.
 */
function hookOf<K extends 'prepareOptions' | 'prepareRequest'>(
  client: ClientInternals,
  name: K,
): ClientInternals[K] | undefined {
  const hook = client[name];
  const empty = /\{\s*\}$/.test(Function.prototype.toString.call(hook));
  return empty ? undefined : (hook.bind(client) as ClientInternals[K]);
}

/** Runs `then` when a hook is done, which may have nothing to wait for. */
function after(hook: Promise<void> | void, then: () => void): Promise<void> | void {
  return hook === undefined ? then() : Promise.resolve(hook).then(then);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether headers, in any of the forms that the client takes, may carry tags. Errs on the side of looking. */
function mayBeTagged(headers: unknown): boolean {
  if (headers === undefined || headers === null) return false;
  if (typeof headers !== 'object') return true;
  if (Object.getPrototypeOf(headers) !== Object.prototype || Symbol.iterator in headers) return true;
  return Object.keys(headers).some((name) => name.toLowerCase().startsWith(TAG_HEADER_PREFIX));
}

/** Switches the client's own retries off for calls that a unit of the layer sends again. */
export function leaveRetriesToLayer(client: ClientInternals): void {
  const makeRequest = client.makeRequest?.bind(client);
  if (!makeRequest) return;
  // No async function: its promise would be held for as long as the provider takes.
  client.makeRequest = function makeRequestBeneath(options, ...rest) {
    return makeRequest(Promise.resolve(options).then(withoutRetries), ...rest);
  };
}

function withoutRetries(options: RequestOptions): RequestOptions {
  return operationOf(options) === passthrough ? options : { ...options, maxRetries: 0 };
}

// Shorter bodies are parsed from their text when somebody looks: that costs less than a copy that nobody may need.
const LONG_BODY_CHARACTERS = 4096;

function isLong(body: unknown): body is string {
  return typeof body === 'string' && body.length >= LONG_BODY_CHARACTERS;
}

function operationOf(options: RequestOptions): Operation {
  return findOperation(options.method?.toUpperCase() ?? 'GET', options.path ?? '');
}

/** The client's own `fetch`, where it was given one: it wins over the layer's. */
export function ownFetch(fetch: Fetch): Fetch | undefined {
  return isPlatformFetch(fetch) ? undefined : withPlatformHeaders(fetch);
}
