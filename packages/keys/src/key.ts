import { createHash } from 'node:crypto';
import { ConfigurationError } from '@interpose/core';

/** One credential of a pool. */
export interface Key {
  /** What is sent as the key. */
  key: string;
  /** Where it is valid: with its `/v1`, or Azure's `/openai` and `?api-version=...`. @default where calls go anyway */
  baseURL?: string;
  /** @default what the call says */
  organization?: string;
  /** @default what the call says */
  project?: string;
  /** Its share of the calls, against the others'. @default 1 */
  weight?: number;
}

/** What a pool is made of: keys, or no more than their texts. */
export type KeyList = readonly (string | Key)[];

/** A checked key: immutable, and named by a hash. */
export interface Credential extends Readonly<Key> {
  readonly weight: number;
  /** The hash of all that tells it apart; of its own. */
  readonly hash: string;
  /** The last four characters of the hash: what of a key is shown. */
  readonly id: string;
}

// What may stand in a header: anything else would be quoted by the error of whoever sets it.
const PRINTABLE = /^[!-~]+$/;

/**
 * Checks keys, and names each by its hash. What is wrong is told without a word of what it was: it may be a key.
 *
 * @throws {ConfigurationError} for what is no list of keys, is empty, or has a key twice.
 */
export function credentialsOf(list: unknown, place: string): readonly Credential[] {
  if (!Array.isArray(list) || list.length === 0) throw wrong(place, 'must be an array of at least one key');
  const credentials = list.map((item: unknown, index) => credentialOf(item, `${place}[${index}]`));
  if (new Set(credentials.map(({ hash }) => hash)).size < credentials.length) {
    throw wrong(place, 'has the same key twice; to use one more than others, give it a weight');
  }
  return credentials;
}

function credentialOf(item: unknown, place: string): Credential {
  const given = (typeof item === 'string' ? { key: item } : Object(item)) as Partial<
    Record<keyof Key, unknown>
  >;
  const { key, baseURL, organization, project, weight = 1, ...rest } = given;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined)
    throw wrong(
      place,
      'has a field that keys have not: they have key, baseURL, organization, project, weight',
    );
  if (!isPrintable(key)) throw wrong(place, 'must have a key: a text of printable characters without blanks');
  if (baseURL !== undefined && !(isPrintable(baseURL) && /^https?:/.test(baseURL) && URL.canParse(baseURL))) {
    throw wrong(`${place}.baseURL`, 'must be a URL');
  }
  for (const [name, value] of [
    ['organization', organization],
    ['project', project],
  ] as const) {
    if (value !== undefined && !isPrintable(value))
      throw wrong(`${place}.${name}`, 'must be a text without blanks');
  }
  if (typeof weight !== 'number' || !(weight > 0 && weight < Infinity)) {
    throw wrong(`${place}.weight`, 'must be a number above 0');
  }
  const hash = createHash('sha256')
    .update(JSON.stringify([key, baseURL, organization, project]))
    .digest('hex');
  return {
    key,
    ...(typeof baseURL === 'string' && { baseURL }),
    ...(typeof organization === 'string' && { organization }),
    ...(typeof project === 'string' && { project }),
    weight,
    hash,
    id: hash.slice(-4),
  };
}

function isPrintable(value: unknown): value is string {
  return typeof value === 'string' && PRINTABLE.test(value);
}

function wrong(place: string, what: string): ConfigurationError {
  return new ConfigurationError(`keys: ${place} ${what}`, 'invalid_option');
}
