import { ask } from './ask.ts';
import { Call, type Resending } from './call.ts';
import { CallId } from './call-id.ts';
import type { Clock } from './clock.ts';
import { describeLayer, type LayerDescription } from './describe.ts';
import { rootContainer, type DependencyContainer } from './di.ts';
import { errorResponse, lastWord, typedError } from './edge.ts';
import { InterposeError } from './error.ts';
import { Events, refused, settled, started } from './events.ts';
import type { FailureKind } from './failure.ts';
import { attemptOf, bodyOf, headersOf, methodOf, pathOf, untagged, urlOf } from './fetch-arguments.ts';
import { findOperation, passthrough, type Operation, type Params } from './operations/index.ts';
import { withPlatformHeaders } from './light-headers.ts';
import { checkOptions, option } from './options.ts';
import { checkOrder } from './order.ts';
import type { Handler, Plugin, StackEntry } from './plugin.ts';
import type { Random } from './random.ts';
import { Reply } from './reply.ts';
import type { Fetch, Runtime } from './runtime.ts';
import { compose, stackOf } from './stack.ts';
import { ambientTags, tagsFromHeaders, type Tags } from './tags.ts';
import { terminal } from './terminal.ts';
import { CLOCK, EVENTS, FETCH, LIFETIME, LOGGER, RANDOM, registerDefaults } from './tokens.ts';

/** Options of {@link controlLayer}. */
export interface LayerOptions {
  /** The application's container: what it provides, the layer's plugins get. @default one of its own */
  container?: DependencyContainer;
  /** Whether the order of stages is checked. @default 'checked' */
  order?: 'checked' | 'as-given';
}

/** What an adapter knows of a call beyond the arguments of `fetch`. */
export interface SendOptions {
  /** The client's own `fetch`, which wins over the layer's `FETCH`. */
  readonly transport?: Fetch | undefined;
  /** The params as an object, where they need not be parsed from the body. They are what the body holds. */
  readonly params?: Params | undefined;
  /** Identifies the logical call, where the client itself makes several attempts of it. */
  readonly id?: CallId | undefined;
  /** Which attempt of the client's this is, from 1. */
  readonly attempt?: number | undefined;
  /** Of a client that may send the call again itself. */
  readonly resends?: Resending | undefined;
  /** True when the headers carry no tags, so that nobody need look. */
  readonly untagged?: boolean | undefined;
  /** The operation, where it is known already. */
  readonly operation?: Operation | undefined;
  /** Turns an error that ends a body into the one that the client's users expect. */
  readonly present?: ((error: InterposeError) => Error) | undefined;
}

/** A composed stack, ready to stand beneath any client that takes a `fetch`. */
export interface Layer {
  /** Give this to a client as its `fetch`. */
  readonly fetch: Fetch;
  /** What the units report. */
  readonly events: Events;
  /** Whether a unit of the stack sends calls again. A client's own retries should then be off. */
  readonly retries: boolean;
  /** The stack as data; `String(layer.describe())` is a picture of it. */
  readonly describe: () => LayerDescription;
  /** Refuses further calls and ends what the layer built. Safe to call twice. */
  readonly close: () => Promise<void>;
  /** `fetch` for adapters that know more of the call. */
  readonly send: (
    input: string | URL | Request,
    init: RequestInit,
    options: SendOptions,
  ) => Promise<Response>;
  /** A new id for a logical call. */
  readonly newCallId: () => CallId;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Composes plugins, outermost first, into a layer: registers their services in a container of its own, builds
 * each interceptor once, and checks the order.
 *
 * @throws {ConfigurationError} for a wrong order, a plugin given twice, or something that is no plugin.
 */
export function controlLayer(plugins: readonly StackEntry[], options: LayerOptions = {}): Layer {
  checkOptions('controlLayer', options, {
    container: option.object,
    order: option.oneOf('checked', 'as-given'),
  });
  const { container: parent = rootContainer, order = 'checked' } = options;
  const stack = stackOf(plugins);
  if (order === 'checked') checkOrder(stack);

  const container = parent.createChildContainer();
  const closers: (() => void | Promise<void>)[] = [];
  container.register(LIFETIME, { useValue: { onClose: (end) => void closers.push(end) } });
  const { random, network, events, runtime, chain } = orEnd(closers, () => build(stack, container));
  const retries = stack.some((plugin) => plugin.retries);
  let closed: Promise<void> | undefined;

  const makeId = (): string => `call_${digits(random)}${digits(random)}${digits(random)}`;
  const newCallId = (): CallId => new CallId(makeId);

  const begin = (
    input: string | URL | Request,
    init: RequestInit,
    known: SendOptions,
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<Response> => {
    const transport = known.transport ?? network;
    const operation = known.operation ?? operationOf(input, init);
    const headers = known.untagged && init.headers ? undefined : headersOf(input, init);
    const tags = headers && tagsFromHeaders(headers);
    if (closed) return errorResponse(closedError());
    if (operation === passthrough) {
      return tags ? transport(input, { ...init, headers: untagged(headers) }) : transport(input, init);
    }
    const ambient = ambientTags();
    const call = Call.from({
      runtime,
      id: known.id ?? newCallId(),
      operation,
      input,
      init,
      url: urlOf(input),
      method: methodOf(input, init),
      headers: tags ? untagged(headers) : headers,
      stripped: tags !== undefined,
      tags: ambient ? { ...ambient, ...tags } : (tags ?? NO_TAGS),
      attempt: known.attempt ?? attemptOf(headers),
      params: known.params,
      transport: known.transport,
      resends: known.resends,
      signal: input instanceof Request ? (init.signal ?? input.signal) : undefined,
      body,
    });
    return run(call, known);
  };

  const run = (call: Call, known: SendOptions): Promise<Response> => {
    const answered = (answer: unknown): Response => {
      const reply = checkReply(answer, stack);
      if (events.listensTo(settled)) report(events, reply);
      const response = reply.deliver(known.present);
      return retries && !reply.ok ? lastWord(response) : response;
    };
    const failed = (thrown: unknown): Promise<Response> => {
      const error = typedError(thrown, call, retries);
      if (!error) throw thrown;
      if (events.active) events.emit(refused, 'core', call, { code: error.code });
      return errorResponse(error);
    };
    if (events.active) events.emit(started, 'core', call, {});
    return ask(chain, call).then(answered).catch(failed);
  };

  // Not one async function: the frame of all this would be held for as long as the provider takes.
  const send: Layer['send'] = (input, init, known) => {
    try {
      if (!(input instanceof Request) || operationOf(input, init) === passthrough)
        return begin(input, init, known);
      return bodyOf(input, init).then((body) => begin(input, init, known, body));
    } catch (error) {
      return Promise.reject(error);
    }
  };

  const close = (): Promise<void> => (closed ??= end(closers));

  return {
    fetch: (input, init = {}) => send(input, init, {}),
    events,
    retries,
    describe: () => describeLayer(stack, order),
    close,
    send,
    newCallId,
    [Symbol.asyncDispose]: close,
  };
}

interface Parts {
  readonly random: Random;
  readonly network: Fetch;
  readonly events: Events;
  readonly runtime: Runtime;
  readonly chain: Handler;
}

/** Lets the plugins register, fills the defaults in, and builds each link. */
function build(stack: readonly Plugin[], container: DependencyContainer): Parts {
  for (const plugin of stack) plugin.register?.(container);
  registerDefaults(container);
  const clock: Clock = container.resolve(CLOCK);
  const network = withPlatformHeaders(container.resolve(FETCH));
  const events = new Events(() => clock.now(), container.resolve(LOGGER));
  container.register(EVENTS, { useValue: events });
  return {
    random: container.resolve(RANDOM),
    network,
    events,
    runtime: newRuntime(clock, events, stack),
    chain: compose(stack, container, events, terminal(clock, network)),
  };
}

/** A body whose reply may be dropped unread. */
interface Held {
  body: { abandon(): void } | undefined;
}

/** Builds something of which nobody will get a layer to close when it fails: then it ends here. */
function orEnd<T>(closers: readonly (() => void | Promise<void>)[], make: () => T): T {
  try {
    return make();
  } catch (error) {
    end(closers).catch(() => {});
    throw error;
  }
}

function newRuntime(clock: Clock, events: Events, stack: readonly Plugin[]): Runtime {
  const registry = new FinalizationRegistry<Held>(({ body }) => body?.abandon());
  return {
    clock,
    events,
    failOn: new Set<FailureKind>(stack.flatMap((plugin) => plugin.failOn ?? [])),
    guard: (delivered, body) => {
      const held: Held = { body };
      registry.register(delivered, held, held);
      return () => {
        // The registry's cell, and what it reaches, outlives many a garbage collection.
        held.body = undefined;
        registry.unregister(held);
      };
    },
  };
}

function checkReply(reply: unknown, stack: readonly Plugin[]): Reply {
  if (reply instanceof Reply) return reply;
  throw new InterposeError(
    `A handler returned ${reply === null ? 'null' : typeof reply} instead of a Reply. ` +
      `Look at the interceptors of this stack, the outermost first: ${stack.map((plugin) => plugin.name).join(', ')}`,
    { code: 'not_a_reply', status: 500 },
  );
}

function report(events: Events, reply: Reply): void {
  const { call, source } = reply;
  void reply.outcome.then((outcome) => events.emit(settled, 'core', call, { outcome, source }));
}

async function end(closers: readonly (() => void | Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers.toReversed()) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'interpose: closing the layer failed in part');
}

function closedError(): InterposeError {
  return new InterposeError('This control layer is closed', { code: 'layer_closed', status: 503 });
}

function operationOf(input: string | URL | Request, init: RequestInit): Operation {
  return findOperation(methodOf(input, init), pathOf(urlOf(input)));
}

const NO_TAGS: Tags = Object.freeze({});

/** Six random digits of base 36. Of an integer: writing fractions in another base is slow. */
function digits(random: Random): string {
  return Math.floor(random.next() * 36 ** 6)
    .toString(36)
    .padStart(6, '0');
}
