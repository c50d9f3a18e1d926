import {
  controlLayer,
  FETCH,
  LOGGER,
  provide,
  type Fetch,
  type Interceptor,
  type Layer,
  type LayerEvent,
  type Logger,
  type Outcome,
  type Params,
} from '@interpose/core';
import type { Subject } from './subject.ts';

/** A layer around the subject, with everything that the cases look at. */
export interface Rig extends Disposable {
  readonly layer: Layer;
  /** Everything that was logged, at every level. */
  readonly logged: readonly unknown[];
  /** Everything that was reported on the event channel. */
  readonly events: readonly LayerEvent[];
  /** What came out of the subject as an error, before the core shows it to the caller in its own way. */
  readonly thrown: readonly unknown[];
  /** What became of the replies that came out of the subject. */
  readonly outside: readonly Promise<Outcome>[];
  /** What became of the replies that went into it. */
  readonly inside: readonly Promise<Outcome>[];
  /** Makes a call, by default a plain chat call. */
  call(request?: RigRequest): Promise<Response>;
}

/** A call that a case makes. */
export interface RigRequest {
  /** @default '/chat/completions' */
  readonly path?: string;
  /** Merged over a chat call's. */
  readonly params?: Params;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const CHAT: Params = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hello' }] };

/** The arguments of `fetch` for a request. */
function argumentsOf(request: RigRequest): [url: string, init: RequestInit] {
  const { path = '/chat/completions', params, headers, signal } = request;
  return [
    `https://provider.test/v1${path}`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer test', ...headers },
      body: JSON.stringify(path === '/chat/completions' ? { ...CHAT, ...params } : params),
      ...(signal && { signal }),
    },
  ];
}

/**
 * Builds a layer around the subject. Disposing of it closes the layer and does not wait for that.
 *
 * @param watched whether replies are watched on both sides of the subject; one that is not watched passes unread.
 */
export function rig(subject: Subject, fetch: Fetch, watched: boolean = false): Rig {
  const { logger, logged } = recordingLogger();
  const thrown: unknown[] = [];
  const outside: Promise<Outcome>[] = [];
  const inside: Promise<Outcome>[] = [];
  const layer = controlLayer(
    [
      provide(FETCH, fetch, 'suite: transport'),
      provide(LOGGER, logger, 'suite: logger'),
      catcher(thrown),
      ...(watched ? [watcher(outside)] : []),
      ...subject.entries(),
      ...(watched ? [watcher(inside)] : []),
    ],
    { order: 'as-given' },
  );
  const events: LayerEvent[] = [];
  if (watched) layer.events.on('*', (event) => void events.push(event));
  return {
    layer,
    logged,
    events,
    thrown,
    outside,
    inside,
    call: (request = {}) => layer.fetch(...argumentsOf(request)),
    [Symbol.dispose]: () => void layer.close().catch(() => {}),
  };
}

function catcher(thrown: unknown[]): Interceptor {
  return (next) => {
    return async function record(call) {
      try {
        return await next(call);
      } catch (error) {
        thrown.push(error);
        throw error;
      }
    };
  };
}

function watcher(outcomes: Promise<Outcome>[]): Interceptor {
  return (next) => {
    return async function watch(call) {
      const reply = await next(call);
      // Something else than a reply is the layer's to report.
      if (typeof reply?.deliver === 'function') outcomes.push(reply.outcome);
      return reply;
    };
  };
}

function recordingLogger(): { logger: Logger; logged: unknown[] } {
  const logged: unknown[] = [];
  const log = (fields: object, message: string): void => void logged.push({ fields, message });
  return { logger: { debug: log, info: log, warn: log, error: log }, logged };
}
