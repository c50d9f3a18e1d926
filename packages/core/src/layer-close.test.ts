import { describe, expect, test } from 'vitest';
import { ask, json, layerOver, piece, source, turn } from './core.test-support.ts';
import { LIFETIME, controlLayer, type Plugin } from './index.ts';

describe('close', () => {
  const closing = (log: string[], names: string[]): Plugin => ({
    name: 'closing',
    create(container) {
      const lifetime = container.resolve(LIFETIME);
      for (const name of names) {
        lifetime.onClose(async () => {
          await Promise.resolve();
          log.push(name);
          if (name === 'bad') throw new Error('stuck');
        });
      }
      return (next) => next;
    },
  });

  test('ends what was built, the last first, once', async () => {
    const log: string[] = [];
    const layer = layerOver(async () => json({}), [closing(log, ['first', 'second'])]);
    await Promise.all([layer.close(), layer.close()]);
    await layer[Symbol.asyncDispose]();
    expect(log).toEqual(['second', 'first']);
  });

  test('ends the rest when one cannot be ended, and says so', async () => {
    const log: string[] = [];
    const layer = layerOver(async () => json({}), [closing(log, ['first', 'bad', 'third'])]);
    await expect(layer.close()).rejects.toThrow('interpose: closing the layer failed in part');
    expect(log).toEqual(['third', 'bad', 'first']);
  });

  test('refuses later calls, also those that would pass through, and lets earlier ones end', async () => {
    let sent = 0;
    const layer = layerOver(async () => (sent++, source([piece('a'), piece('b')]).response));
    const open = await ask(layer);
    await layer.close();
    const refused = await ask(layer);
    const through = await layer.fetch('https://api.example/v1/files');
    expect([
      refused.status,
      refused.headers.get('x-should-retry'),
      await refused.json(),
      through.status,
      sent,
    ]).toEqual([
      503,
      'false',
      {
        error: {
          message: 'This control layer is closed',
          type: 'interpose_error',
          code: 'layer_closed',
          param: null,
        },
      },
      503,
      1,
    ]);
    expect(await open.text()).toBe(piece('a') + piece('b'));
  });

  test('ends what was built when the layer cannot be', async () => {
    const log: string[] = [];
    const broken: Plugin = {
      name: 'broken',
      create: () => {
        throw new Error('cannot');
      },
    };
    expect(() => controlLayer([broken, closing(log, ['first', 'second'])])).toThrow('cannot');
    await turn();
    expect(log).toEqual(['second', 'first']);
  });
});
