import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OK, bench, deferred, limited, refused } from './keys.test-support.ts';
import { keyFile, type KeyList } from './index.ts';

/** A source that gives the lists in their order, and counts. */
function listsOf(...lists: readonly (KeyList | Error)[]) {
  let asked = 0;
  const source = async (): Promise<KeyList> => {
    const list = lists[Math.min(asked++, lists.length - 1)];
    if (list instanceof Error || list === undefined) throw list;
    return list;
  };
  return { source, count: () => asked };
}

describe('a source', () => {
  test('is asked with the first call, once for all that come together', async () => {
    const { source, count } = listsOf(['a', 'b']);
    const { ask, used, told } = bench({ source });
    expect(count()).toBe(0);
    await Promise.all([ask(), ask(), ask()]);
    expect([used(), count()]).toEqual([['a', 'b', 'a'], 1]);
    expect(told).toEqual(['keys.changed {"added":2,"removed":0,"size":2}']);
  });

  test('is asked again on the side, when a call comes and what is known is old', async () => {
    const { source, count } = listsOf(['a'], ['b', 'c']);
    const { ask, used, clock, told } = bench({ source, refresh: '1m' });
    await ask();
    await clock.advance(59_999);
    await ask();
    expect(count()).toBe(1);
    await clock.advance(1);
    await ask();
    await clock.advance(0);
    await ask();
    expect([used(), count(), clock.pending]).toEqual([['a', 'a', 'a', 'b'], 2, 0]);
    expect(told.at(-1)).toBe('keys.changed {"added":2,"removed":1,"size":2}');
  });

  test('that fails leaves the keys that are known, and is asked again', async () => {
    const { source, count } = listsOf(
      ['a'],
      Object.assign(new Error('vault says: sk-secret'), { code: 'sk-secret' }),
      [],
      ['sk-secret', 5 as never],
      ['b'],
    );
    const { ask, used, clock, told, logged } = bench({ source, refresh: '1m' });
    await ask();
    for (let minute = 0; minute < 4; minute++) {
      await clock.advance('1m');
      await ask();
      await clock.advance(0);
    }
    await ask();
    expect([used(), count()]).toEqual([['a', 'a', 'a', 'a', 'a', 'b'], 5]);
    expect(told.slice(1, 4)).toEqual([
      'fault keys: the source gave no keys: Error',
      'fault keys: the source gave no keys: ConfigurationError invalid_option',
      'fault keys: the source gave no keys: ConfigurationError invalid_option',
    ]);
    expect(logged[0]).toBe(
      'keys: the source gave no keys; those that are known stay {"error":"keys: the source gave no keys: Error","keys":1}',
    );
    expect(`${told.join()}${logged.join()}`).not.toContain('sk-secret');
  });

  test('that has given none yet refuses calls, and is asked no more than once a second', async () => {
    const { source, count } = listsOf(new Error('down'), ['a']);
    const { ask, used, clock } = bench({ source });
    for (let call = 0; call < 3; call++) {
      expect((await ask()).error).toMatchObject({ name: 'FaultError', cause: { name: 'KeySourceError' } });
    }
    expect(count()).toBe(1);
    await clock.advance('1s');
    await ask();
    expect([used(), count()]).toEqual([['a'], 2]);
  });

  test('that has given none yet may leave calls the key of the client', async () => {
    const { source } = listsOf(new Error('down'));
    const { ask, used } = bench({ source, onFault: 'open' });
    await ask();
    expect(used()).toEqual(['of-the-client']);
  });

  test('that takes too long fails, and is told to stop', async () => {
    let stopped = false;
    const source = ({ signal }: { signal: AbortSignal }): Promise<KeyList> => {
      signal.addEventListener('abort', () => (stopped = true));
      return new Promise(() => {});
    };
    const { ask, clock } = bench({ source, sourceTimeout: '2s' });
    const call = ask();
    await clock.advance('2s');
    expect((await call).error).toMatchObject({
      cause: { message: 'keys: the source gave no keys: it took longer than 2000 ms' },
    });
    expect([stopped, clock.pending]).toEqual([true, 0]);
  });

  test('is not waited for by a caller who leaves, and goes on for the others', async () => {
    const answer = deferred<KeyList>();
    const { ask, used, clock } = bench({ source: () => answer.promise });
    const controller = new AbortController();
    const left = ask({ signal: controller.signal });
    const other = ask();
    await clock.advance(1);
    controller.abort(new Error('gone'));
    expect((await left).error).toMatchObject({ message: 'gone' });
    answer.resolve(['a']);
    await other;
    expect(used()).toEqual(['a']);
  });

  test('ends with the layer', async () => {
    let stopped = false;
    const source = ({ signal }: { signal: AbortSignal }): Promise<KeyList> => {
      signal.addEventListener('abort', () => (stopped = true));
      return new Promise(() => {});
    };
    const one = bench({ source });
    const call = one.ask();
    await one.clock.advance(1);
    await one.close();
    expect((await call).error).toMatchObject({ name: 'FaultError' });
    expect([stopped, one.clock.pending]).toEqual([true, 0]);
  });

  test('is asked at once for the successor of a key that is refused', async () => {
    const { source, count } = listsOf(['a'], ['b']);
    const { ask, used, clock } = bench({ source }, [OK, refused]);
    await ask();
    await clock.advance('2s');
    await ask();
    await clock.advance(0);
    await ask();
    expect([used(), count()]).toEqual([['a', 'a', 'b'], 2]);
  });

  test('is asked for that also where others are left', async () => {
    const { source, count } = listsOf(['a', 'b'], ['b', 'c']);
    const { ask, used, clock } = bench({ source }, [OK, OK, refused]);
    await ask();
    await ask();
    await clock.advance('2s');
    await ask();
    await clock.advance(0);
    for (let call = 0; call < 4; call++) await ask();
    expect(count()).toBe(2);
    expect(new Set(used().slice(3))).toEqual(new Set(['b', 'c']));
  });

  test('that failed is asked again in half a minute', async () => {
    const { source, count } = listsOf(['a'], new Error('down'));
    const { ask, clock } = bench({ source, refresh: '1h' });
    await ask();
    await clock.advance('1h');
    await ask();
    await clock.advance('29s');
    await ask();
    expect(count()).toBe(2);
    await clock.advance('1s');
    await ask();
    expect(count()).toBe(3);
  });

  test('may change the weights', async () => {
    const weighted = (weight: number): KeyList => ['a', { key: 'b', weight }];
    const { source } = listsOf(weighted(1), weighted(5));
    const { ask, used, clock } = bench({ source, refresh: '1s' });
    await ask();
    await ask();
    await clock.advance('1s');
    await ask();
    await clock.advance(0);
    for (let call = 0; call < 12; call++) await ask();
    expect(
      used()
        .slice(3)
        .filter((key) => key === 'b').length,
    ).toBe(10);
  });

  test('is waited for where all keys rest', async () => {
    const { source } = listsOf(['a'], ['a', 'b']);
    const { ask, used, clock } = bench({ source }, [limited()]);
    await ask();
    await clock.advance('1s');
    await ask();
    expect(used()).toEqual(['a', 'b']);
  });

  test('that lists a key again changes nothing of what is known of it', async () => {
    const { source } = listsOf(['a', 'b'], ['b', { key: 'a', weight: 5 }]);
    const { ask, used, clock } = bench({ source, refresh: '1s' }, [limited({ 'retry-after': '60' })]);
    await ask();
    await clock.advance('2s');
    await ask();
    await clock.advance(0);
    await ask();
    await ask();
    expect(used()).toEqual(['a', 'b', 'b', 'b']);
  });
});

test('calls that are under way with a key that is taken out finish with it', async () => {
  const { source } = listsOf(['a'], ['b']);
  const answer = deferred<object>();
  const { ask, used, clock } = bench({ source, refresh: '1s' }, [() => answer.promise]);
  const first = ask();
  await clock.advance('2s');
  await ask();
  await clock.advance(0);
  await ask();
  answer.resolve({ choices: [] });
  expect([(await first).status, used()]).toEqual([200, ['a', 'a', 'b']]);
});

describe('a file', () => {
  const given = async (text: string): Promise<unknown> => {
    const folder = await mkdtemp(join(tmpdir(), 'keys-'));
    try {
      const path = join(folder, 'keys');
      await writeFile(path, text);
      return await keyFile(path)({ signal: new AbortController().signal });
    } catch (error) {
      return error;
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  test('has a key a line, or JSON', async () => {
    expect(await given('# ours\nsk-a\n\n  sk-b  \r\n')).toEqual(['sk-a', 'sk-b']);
    expect(await given(' ["sk-a", {"key": "sk-b", "weight": 2}]')).toEqual([
      'sk-a',
      { key: 'sk-b', weight: 2 },
    ]);
  });

  test('that is half written is not quoted', async () => {
    const error = (await given('["sk-secret", "sk-')) as Error;
    expect([error.message, error.cause]).toEqual([
      'keys: the source gave no keys: the file is no JSON',
      undefined,
    ]);
  });

  test('that is not there is an error of the source', async () => {
    const { ask } = bench({ source: keyFile('/nowhere/keys') });
    expect((await ask()).error).toMatchObject({
      cause: { message: 'keys: the source gave no keys: Error ENOENT' },
    });
  });
});
