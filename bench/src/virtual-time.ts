import { fakeClock, seededRandom, type FakeClock } from '@interpose/testing';

/**
 * Puts the timers and the chance of this process under a clock that stands still until it is moved, so that minutes of a
 * client with timers of its own pass in seconds, the same way each time. For a process that does nothing else.
 */
export function virtualTime(seed: number): FakeClock {
  const clock = fakeClock();
  const random = seededRandom(seed);
  Math.random = () => random.next();
  const timers = new Map<unknown, AbortController>();
  const stop = (timer: unknown): void => {
    timers.get(timer)?.abort();
    timers.delete(timer);
  };
  const start = (fire: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): object => {
    const timer = {
      ref: () => timer,
      unref: () => timer,
      hasRef: () => true,
      [Symbol.dispose]: () => stop(timer),
    };
    const controller = new AbortController();
    timers.set(timer, controller);
    clock.sleep(ms, controller.signal).then(
      () => {
        timers.delete(timer);
        fire(...args);
      },
      () => {},
    );
    return timer;
  };
  Object.assign(globalThis, { setTimeout: start, clearTimeout: stop });
  return clock;
}
