import {
  CLOCK,
  LIFETIME,
  LOGGER,
  Reply,
  settled,
  type Call,
  type Handler,
  type Interceptor,
  type StackEntry,
} from '@interpose/core';

/** An interceptor for each way to break a rule. */
export const broken: Readonly<Record<string, () => StackEntry>> = {
  'reads the whole body first': () => (next) => async (call) => {
    const reply = await next(call);
    return copyOf(call, reply, await reply.deliver().text());
  },

  'reads ahead': () => (next) => async (call) => {
    const reply = await next(call);
    const reader = reply.deliver().body?.getReader();
    const body = new ReadableStream({
      async start(controller) {
        for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
          controller.enqueue(part.value);
        }
        controller.close();
      },
      cancel: (reason) => reader?.cancel(reason),
    });
    return copyOf(call, reply, body);
  },

  'wraps the body and forgets cancel': () => (next) => async (call) => {
    const reply = await next(call);
    const reader = reply.deliver().body?.getReader();
    const body = new ReadableStream(
      {
        async pull(controller) {
          const part = await reader?.read();
          if (!part || part.done) controller.close();
          else controller.enqueue(part.value);
        },
      },
      { highWaterMark: 0 },
    );
    return copyOf(call, reply, body);
  },

  'gives the provider a signal of its own': () => (next) => (call) =>
    next(call.with({ signal: new AbortController().signal })),

  'answers an abort itself': () => (next) => async (call) => {
    try {
      return await next(call);
    } catch {
      return new Reply(call, Response.json({ choices: [] }));
    }
  },

  'hides what an abort is': () => (next) => async (call) => {
    try {
      return await next(call);
    } catch {
      throw new Error('the call failed');
    }
  },

  'asks twice and drops the first reply': () => (next) => async (call) => {
    await next(call);
    return next(call);
  },

  'changes the request': () => (next) => (call) =>
    next(call.with({ params: { ...call.params, user: 'me' } })),

  'answers itself and does not say so': () => {
    const kept = new Map<string, Response>();
    return (next) => async (call) => {
      const key = JSON.stringify(call.params);
      const reply = kept.has(key) ? new Reply(call, kept.get(key)!.clone()) : await next(call);
      if (!reply.ok || reply.streamed) return reply;
      const { status, headers } = reply;
      return reply.tap({ body: (body) => void kept.set(key, Response.json(body, { status, headers })) });
    };
  },

  'takes headers away': () => (next) => (call) => next(call.with({ headers: { 'idempotency-key': null } })),

  'writes the JSON anew': () => (next) => async (call) => {
    const reply = await next(call);
    if (reply.streamed || !reply.headers.get('content-type')?.includes('json')) return reply;
    return copyOf(call, reply, JSON.stringify(await reply.json(), null, 2));
  },

  'makes errors of its own': () => (next) => async (call) => {
    const reply = await next(call);
    return reply.ok
      ? reply
      : new Reply(call, Response.json({ error: { message: 'sorry' } }, { status: 500 }));
  },

  'rewrites the text': () => (next) => async (call) =>
    (await next(call)).mapText(() => ({ push: (text) => text.toUpperCase(), end: () => '' })),

  'throws at the end of a stream': () => (next) => async (call) =>
    (await next(call)).tap({
      event({ json }) {
        if (JSON.stringify(json)?.includes('"finish_reason":"stop"')) throw new Error('too late');
      },
    }),

  'reports the end as well': () => (next) => async (call) => {
    const reply = await next(call);
    void reply.outcome.then((outcome) =>
      call.runtime.events.emit(settled, 'mine', call, { outcome, source: 'mine' }),
    );
    return reply;
  },

  'keeps the call beside the handler': () => (next) => {
    let current: Call;
    return async (call) => {
      current = call;
      await Promise.resolve();
      return next(current);
    };
  },

  'leaves a listener': () => (next) => (call) => {
    call.signal.addEventListener('abort', () => {});
    return next(call);
  },

  'leaves a timer for each call': () => (next) => async (call) => {
    const late = new Promise<never>((_, reject) => void setTimeout(reject, 20_000).ref());
    return Promise.race([next(call), late]);
  },

  'leaves a sleep for each call': () => ({
    name: 'sleepy',
    create: (container) => {
      const clock = container.resolve(CLOCK);
      const late = async (): Promise<never> => {
        await clock.sleep(20_000);
        throw new Error('late');
      };
      return (next) => async (call) => Promise.race([next(call), late()]);
    },
  }),

  'leaves a timer for the layer': () => ({
    name: 'sweeper',
    create: () => {
      setInterval(() => {}, 20_000);
      return (next) => next;
    },
  }),

  'cannot be closed': () => ({
    name: 'stuck',
    create: (container) => {
      container.resolve(LIFETIME).onClose(() => new Promise(() => {}));
      return (next) => next;
    },
  }),

  'fails to close': () => ({
    name: 'fragile',
    create: (container) => {
      container.resolve(LIFETIME).onClose(() => Promise.reject(new Error('not open')));
      return (next) => next;
    },
  }),

  'puts the prompt into a message': () =>
    onError((call) => new Error(`this failed: ${JSON.stringify(call.params)}`)),

  'puts the key on the error': () =>
    onError((call) => Object.assign(new Error('failed'), { request: { headers: call.headers } })),

  "puts the provider's words into a cause": () => (next) => async (call) => {
    const reply = await next(call);
    if (reply.ok) return reply;
    throw new Error('failed', { cause: await reply.json() });
  },

  'parses and lets the parser tell': () => (next) => async (call) => {
    const reply = await next(call);
    if (reply.streamed || !reply.ok || !reply.headers.get('content-type')?.includes('json')) return reply;
    const text = await reply.deliver().text();
    JSON.parse(text);
    return copyOf(call, reply, text);
  },

  'logs the prompt': () => ({
    name: 'chatty',
    create: (container) => {
      const logger = container.resolve(LOGGER);
      return (next) => (call) => {
        logger.debug({ params: call.params }, 'a call');
        return next(call);
      };
    },
  }),

  'describes itself with a function': () => ({ name: 'odd', describe: () => ({ shouldCache: () => true }) }),
  'describes itself without end': () => ({ name: 'endless', describe: () => ({ maxEntries: Infinity }) }),
};

function copyOf(call: Call, reply: Reply, body: string | ReadableStream): Reply {
  const { status, headers } = reply;
  return new Reply(call, new Response(body, { status, headers }));
}

/** Throws another error where the call failed, by status or by throwing. */
function onError(make: (call: Call) => Error): Interceptor {
  return (next: Handler) => async (call) => {
    const reply = await next(call).catch(() => undefined);
    if (reply?.ok) return reply;
    await reply?.cancel();
    throw make(call);
  };
}
