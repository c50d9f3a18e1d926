import type { Resending } from '@interpose/core';
import type { ClientInternals } from './client-internals.ts';

/** All attempts that a client makes of one call. */
export class Turn implements Resending {
  #whenDone: (() => void)[] | undefined;

  whenDone(done: () => void): void {
    (this.#whenDone ??= []).push(done);
  }

  readonly done = (): void => {
    for (const done of this.#whenDone?.splice(0) ?? []) done();
  };
}

/**
 * Puts a {@link Turn} on the options of each call, on those that the client's caller gave: other layers hand copies on,
 * and copies carry it.
 */
export function watchTurns(client: ClientInternals, key: symbol): void {
  const makeRequest = client.makeRequest?.bind(client);
  if (!makeRequest) return;
  client.makeRequest = function makeRequestBeneath(options, retriesRemaining, retryOf) {
    // The client's own further attempts come with the number that is left; the first one waits for them.
    if (typeof retriesRemaining === 'number') return makeRequest(options, retriesRemaining, retryOf);
    const turn = new Turn();
    const watched = Promise.resolve(options).then((given) => {
      if (Object.isExtensible(given)) (given as unknown as Record<symbol, Turn>)[key] = turn;
      return given;
    });
    const made = makeRequest(watched, retriesRemaining, retryOf);
    // What went wrong is the caller's to hear.
    made.then(turn.done, turn.done);
    return made;
  };
}
