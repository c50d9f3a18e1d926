import { CLOCK, LOGGER, type Clock, type Handler, type Logger } from '@interpose/core';
import { inject, injectable } from 'tsyringe';

/** An interceptor as a class: the container builds it, with the services that it asks for. */
@injectable()
export class Shouting {
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(@inject(CLOCK) clock: Clock, @inject(LOGGER) logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  intercept(next: Handler): Handler {
    return async (call) => {
      this.#logger.info({ at: this.#clock.now() }, `shouting at ${call.model}`);
      const reply = await next(call);
      // One transform per channel of text; nothing here needs to be held back, so `end` has nothing to add.
      return reply.mapText(() => ({ push: (text) => text.toUpperCase(), end: () => '' }));
    };
  }
}
