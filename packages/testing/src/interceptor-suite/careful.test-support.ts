import { CLOCK, LIFETIME, Reply, provide, type Interceptor, type Plugin } from '@interpose/core';

/** Interceptors that do a good deal, and keep every rule. */
export const careful = {
  /** Looks at everything that passes. */
  watcher: (): Interceptor => (next) => async (call) => {
    const reply = await next(call);
    let events = 0;
    void reply.outcome.then(() => events);
    return reply.tap({ event: () => void events++, body: () => void events++ });
  },

  /** Waits for the first content, as whoever asks again must. */
  committed: (): Interceptor => (next) => async (call) => {
    const reply = await next(call);
    await reply.commit().catch(() => {});
    return reply;
  },

  /** Gives up after an hour. */
  timeout: (): Plugin => ({
    name: 'timeout',
    stage: 'attempt',
    create(container) {
      const clock = container.resolve(CLOCK);
      return (next) => async (call) => {
        const late = new AbortController();
        const ended = new AbortController();
        clock.sleep(3_600_000, ended.signal).then(
          () => late.abort(new DOMException('late', 'TimeoutError')),
          () => {},
        );
        try {
          const reply = await next(call.with({ signal: AbortSignal.any([call.signal, late.signal]) }));
          void reply.outcome.then(() => ended.abort());
          return reply;
        } catch (error) {
          ended.abort();
          throw error;
        }
      };
    },
  }),

  /** Keeps plain answers, with a sweeper and a service of its own. */
  cache: (): readonly Plugin[] => [
    provide('store', new Map<string, Response>(), 'store'),
    {
      name: 'cache',
      stage: 'reuse',
      create(container) {
        const store = container.resolve<Map<string, Response>>('store');
        const sweeper = setInterval(() => store.clear(), 60_000);
        container.resolve(LIFETIME).onClose(() => clearInterval(sweeper));
        return (next) => async (call) => {
          if (call.operation.name !== 'chat' || call.streamed) return next(call);
          const key = JSON.stringify(call.params);
          const kept = store.get(key);
          if (kept) return new Reply(call, kept.clone(), { source: 'cache' });
          const reply = await next(call);
          const { status, headers } = reply;
          return reply.ok
            ? reply.tap({ body: (body) => void store.set(key, Response.json(body, { status, headers })) })
            : reply;
        };
      },
      describe: () => ({ maxEntries: 'none', ttl: undefined, stages: ['reuse'], nested: { deep: null } }),
    },
  ],

  /** Holds the last characters back, as one that looks for secrets must. */
  redactor: (): Interceptor => (next) => async (call) =>
    (await next(call)).mapText(() => {
      let held = '';
      return {
        push(text) {
          const all = held + text;
          held = all.slice(-20);
          return all.slice(0, -20);
        },
        end: () => held,
      };
    }),
} as const;
