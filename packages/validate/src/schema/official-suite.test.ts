import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Follower } from '../partial/follower.ts';
import { Planner } from './planner.ts';
import { Schemas } from './schemas.ts';
import { Shape } from './shape.ts';

const folder = join(
  dirname(createRequire(import.meta.url).resolve('json-schema-test-suite')),
  'tests/draft4',
);

interface Group {
  readonly description: string;
  readonly schema: Record<string, unknown>;
  readonly tests: readonly {
    readonly description: string;
    readonly data: unknown;
    readonly valid: boolean;
  }[];
}

/** What structured outputs allow, and what schemas for functions have besides. */
const FILES = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'refRemote.json');

// The package has the cases of draft 4. In the keywords that remain they are those of later drafts as well; these are not.
const OTHERWISE = /exclusiveM(?:in|ax)imum|remote ref|base URI|"id":|draft-04/;

const groups = FILES.flatMap((file) =>
  (JSON.parse(readFileSync(join(folder, file), 'utf8')) as readonly Group[])
    .filter(({ description, schema }) => !OTHERWISE.test(description + JSON.stringify(schema)))
    .map((group) => ({
      ...group,
      file,
      schema: { $schema: 'http://json-schema.org/draft-07/schema#', ...group.schema },
    })),
);

const schemas = new Schemas(1000);

describe.each(groups)('$file: $description', ({ schema, tests }) => {
  test.each(tests)('$description', ({ data, valid }) => {
    const shape = schemas.of(schema);
    if (!(shape instanceof Shape)) throw shape;
    expect(shape.violations(data).length === 0).toBe(valid);
    const follower = new Follower(new Planner(schema));
    const text = JSON.stringify(data, null, 1);
    // No false stop, at no prefix; what stops is not valid.
    let stopped = false;
    for (const char of text) stopped ||= follower.push(char) !== undefined;
    if (valid) expect(stopped).toBe(false);
  });
});

test('the suite is there, and the partial parser finds most of what is wrong by itself', () => {
  let wrong = 0;
  let found = 0;
  const missed = new Set<string>();
  for (const { file, schema, tests } of groups) {
    for (const { data, valid } of tests) {
      if (valid) continue;
      wrong++;
      // A number ends when something follows.
      if (new Follower(new Planner(schema)).push(`${JSON.stringify(data)} `)) found++;
      else missed.add(file);
    }
  }
  expect(groups.length).toBeGreaterThan(60);
  // Those need the whole: what another value is, which of several alternatives it was, that there are two alike.
  expect([...missed].toSorted()).toEqual([
    'dependencies.json',
    'enum.json',
    'not.json',
    'oneOf.json',
    'uniqueItems.json',
  ]);
  expect(found / wrong).toBeGreaterThan(0.8);
});
