import { fakeClock } from '@interpose/testing';
import { describe, expect, test, vi } from 'vitest';
import { answer, shown, stackOf, told } from './cache.test-support.ts';
import { memoryCacheStore, type CacheStore } from './index.ts';

/** A store that can be made to fail. */
function brittle(): CacheStore & { mode: 'well' | 'hangs' | 'rejects' | 'throws'; readonly steps: string[] } {
  const inner = memoryCacheStore();
  const steps: string[] = [];
  const store = {
    mode: 'well' as 'well' | 'hangs' | 'rejects' | 'throws',
    steps,
    get: (key: string) => step('get', () => inner.get(key)),
    set: (key: string, bytes: Uint8Array, ttlMs: number) => step('set', () => inner.set(key, bytes, ttlMs)),
    delete: (key: string) => step('delete', () => inner.delete(key)),
  };
  function step<T>(name: string, run: () => T): Promise<Awaited<T>> {
    steps.push(name);
    if (store.mode === 'throws') throw new Error('broken');
    if (store.mode === 'rejects') return Promise.reject(new Error('down'));
    if (store.mode === 'hangs') return new Promise(() => {});
    return Promise.resolve(run()) as Promise<Awaited<T>>;
  }
  return store;
}

describe('a store that does not answer', () => {
  test('costs 50 ms once, and then nothing until it is well again', async () => {
    const store = brittle();
    const clock = fakeClock();
    const { ask, log } = stackOf([() => answer(), () => answer(), () => answer()], { store }, { clock });
    store.mode = 'hangs';
    const first = told(ask());
    await vi.waitFor(() => expect(store.steps).toEqual(['get']));
    await clock.advance(49);
    expect(log).not.toContain('fault cache open');
    await clock.advance(1);
    expect(await first).toBe('200 miss: hello back');
    expect(log).toContain('fault cache open');
    // No time passes: nobody waits.
    expect(await told(ask())).toBe('200 miss: hello back');
    expect(store.steps).toEqual(['get']);

    // By way of trial, for which nobody waits either.
    await clock.advance(1000);
    expect(await told(ask())).toBe('200 miss: hello back');
    expect(store.steps).toEqual(['get', 'get']);
    await clock.advance(50);
    store.mode = 'well';
    // Twice as long after the second failure.
    await clock.advance(1999);
    expect(store.steps).toHaveLength(2);
  });

  test('is used again when it is well', async () => {
    const store = brittle();
    const { ask, clock } = stackOf([() => answer(), () => answer()], { store });
    store.mode = 'rejects';
    expect(await told(ask())).toBe('200 miss: hello back');
    store.mode = 'well';
    await clock.advance(1000);
    // Well again by the time that there is something to keep.
    expect(await told(ask())).toBe('200 miss: hello back');
    expect(await told(ask())).toBe('200 hit 0: hello back');
  });

  test('leaves nothing waiting', async () => {
    const store = brittle();
    const clock = fakeClock();
    const { ask } = stackOf([() => answer()], { store }, { clock });
    await shown(ask());
    expect(clock.pending).toBe(0);
  });
});

test.each(['rejects', 'throws'] as const)('a store that %s is a miss', async (mode) => {
  const store = brittle();
  const { ask, log } = stackOf([() => answer()], { store });
  store.mode = mode;
  expect(await told(ask())).toBe('200 miss: hello back');
  expect(log.filter((line) => line.startsWith('fault'))).toEqual(['fault cache open']);
  expect(log).toContain('cache.skip {"reason":"store"}');
});

test('a caller who leaves does not wait for the store', async () => {
  const store = brittle();
  const { ask, handler } = stackOf([], { store });
  store.mode = 'hangs';
  const leaving = new AbortController();
  const asked = ask({}, { signal: leaving.signal });
  await vi.waitFor(() => expect(store.steps).toEqual(['get']));
  leaving.abort(new Error('gone'));
  await expect(asked).rejects.toThrow('gone');
  expect(handler.calls).toEqual([]);
});

test('what cannot be read is a miss, is told, and is forgotten', async () => {
  const store = brittle();
  const kept = new Map<string, Uint8Array>();
  store.set = (key, bytes) => void kept.set(key, bytes);
  store.get = (key) => kept.get(key);
  const deleted: string[] = [];
  store.delete = (key) => void deleted.push(key);
  const { ask, log } = stackOf([() => answer('one'), () => answer('two')], { store });
  await shown(ask());
  const [key = '', bytes = new Uint8Array()] = [...kept].at(0) ?? [];
  kept.set(key, Uint8Array.of(9, ...bytes.subarray(1)));
  expect(await told(ask())).toBe('200 miss: two');
  expect(await told(ask())).toBe('200 hit 0: two');
  expect(log.filter((line) => line.startsWith('cache.unreadable'))).toHaveLength(1);
  expect(deleted).toEqual([key]);
});

test('a store that gives the entry of another key is not believed', async () => {
  const kept: Uint8Array[] = [];
  const store: CacheStore = { get: () => kept[0], set: (_, bytes) => void kept.push(bytes), delete() {} };
  const { ask } = stackOf([answer('one'), answer('two')], { store });
  expect(await told(ask())).toBe('200 miss: one');
  expect(await told(ask({ seed: 1 }))).toBe('200 miss: two');
});
