import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { withTags } from '@interpose/core';
import * as z from 'zod';
import type { AnyStandardSchema, ValidateOptions } from './index.ts';
import { HI, stage } from './validate.test-support.ts';

const SCHEMAS: Readonly<Record<string, AnyStandardSchema>> = {
  zod: z.object({ name: z.string(), age: z.number().int() }),
  valibot: v.object({ name: v.string(), age: v.pipe(v.number(), v.integer()) }),
  arktype: type({ name: 'string', age: 'number.integer' }),
  'zod that asks somebody': z.object({
    name: z.string(),
    age: z.number().refine(async (age) => Number.isInteger(age)),
  }),
};

async function got(text: string, schema: ValidateOptions['schema'], stream = false): Promise<string> {
  await using scene = stage({ schema, repair: 0 } as ValidateOptions, [{ text }]);
  const { error, text: came } = await scene.ask({ ...HI, stream });
  return error
    ? `${error.stoppedEarly ? `stopped at ${came}` : 'ended'}: ${error.violations.map(({ path }) => path).join()}`
    : came;
}

describe.each(Object.entries(SCHEMAS))('%s', (name, schema) => {
  test('says what an answer has to be', async () => {
    for (const stream of [false, true]) {
      expect(await got('{"name":"Ann","age":3}', schema, stream)).toBe('{"name":"Ann","age":3}');
      expect(await got('{"name":"Ann","age":1.5}', schema, stream)).toMatch(/: \/age$/);
      expect(await got('[]', schema, stream)).toMatch(/^(ended|stopped at .*): /);
    }
  });

  test('stops a stream by the JSON schema that it tells, where it tells one', async () => {
    // Valibot tells none by itself: it is asked once all is there.
    const wanted = name === 'valibot' ? 'ended: /name' : 'stopped at {"name":: /name';
    expect(await got('{"name":["Ann","Bob"],"age":3}', schema, true)).toBe(wanted);
  });
});

test('a schema is that of the endpoint', async () => {
  const schema = { people: SCHEMAS['zod'] as AnyStandardSchema };
  expect(await withTags({ endpoint: 'people' }, () => got('{}', schema))).toBe('ended: /name,/age');
  expect(await withTags({ endpoint: 'other' }, () => got('{}', schema))).toBe('{}');
  expect(await got('no JSON', schema)).toBe('no JSON');
});

test('a schema counts besides that of the request', async () => {
  const schema = z.object({ n: z.number() }).refine(({ n }) => n % 2 === 0, { path: ['n'] });
  await using scene = stage({ schema, repair: 0 }, [{ text: '{"n":1}' }]);
  const format = { type: 'json_schema', json_schema: { name: 'n', schema: { required: ['n'] } } };
  expect((await scene.ask({ ...HI, response_format: format })).error?.violations).toEqual([
    { rule: 'schema', path: '/n', expected: 'Invalid input' },
  ]);
});

test('what a schema makes of an answer is not put in its place', async () => {
  expect(await got('{"n":"5"}', z.object({ n: z.coerce.number() }))).toBe('{"n":"5"}');
});

test('a schema that breaks, or takes too long, is a fault; and the answer is believed only where that is asked for', async () => {
  const broken = z.any().refine(() => {
    throw new Error('no');
  });
  const endless = z.any().refine(() => new Promise<boolean>(() => {}));
  for (const schema of [broken, endless]) {
    for (const [onFault, gets] of [
      ['closed', 'unit_fault'],
      ['open', '{}'],
    ] as const) {
      await using scene = stage({ schema, onFault }, [{ text: '{}' }]);
      const asked = scene.ask(HI);
      if (schema === endless) {
        while (scene.clock.waits.length === 0) await new Promise((resolve) => setImmediate(resolve));
        await scene.clock.advance('10s');
      }
      const { error, text } = await asked;
      expect(error?.code ?? text).toBe(gets);
      expect(scene.lines).toContain(`fault validate ${onFault}`);
    }
  }
});

test('a function that chooses calls and breaks is a fault as well', async () => {
  const shouldValidate = (): never => {
    throw new Error('no');
  };
  await using closed = stage({ shouldValidate }, [{ text: 'hi' }]);
  expect((await closed.ask(HI)).error?.code).toBe('unit_fault');
  await using open = stage({ shouldValidate, onFault: 'open' }, [{ text: 'hi' }]);
  expect((await open.ask(HI)).text).toBe('hi');
});

test('a schema is not asked of what was cut at its length', async () => {
  await using scene = stage({ schema: z.object({ n: z.number() }) }, [
    { text: '{"n"', finishReason: 'length' },
  ]);
  expect((await scene.ask(HI)).text).toBe('{"n"');
});

test('what a library takes for an address is not judged by another idea of addresses', async () => {
  const text = '{"at":"https://exämple.com/ü"}';
  for (const stream of [false, true]) expect(await got(text, z.object({ at: z.url() }), stream)).toBe(text);
});
