/** The draft of JSON Schema that a schema is written in. */
export type Dialect = '2020-12' | '2019-09' | 'draft-07';

/** Tells the draft of a schema by its `$schema`; 2020-12 where it says nothing. Undefined for one that is not known. */
export function dialectOf(schema: unknown): Dialect | undefined {
  const named =
    typeof schema === 'object' && schema !== null ? (schema as { $schema?: unknown }).$schema : '';
  if (named === undefined || typeof named !== 'string' || named === '') return '2020-12';
  if (named.includes('2020-12')) return '2020-12';
  if (named.includes('2019-09')) return '2019-09';
  return /draft-0[67]/.test(named) ? 'draft-07' : undefined;
}
