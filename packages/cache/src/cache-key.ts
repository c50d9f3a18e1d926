import { createHmac } from 'node:crypto';
import type { Call, Params } from '@interpose/core';
import { digestOf } from './digest.ts';
import { Wordings, type Wording } from './wordings.ts';

/** What says who a caller is or how an answer is to be delivered, and nothing of what is asked. */
export const IGNORED_PARAMS: readonly string[] = [
  'user',
  'safety_identifier',
  'metadata',
  'stream',
  'stream_options',
  'prompt_cache_key',
  'prompt_cache_retention',
];

const IGNORED: ReadonlySet<string> = new Set(IGNORED_PARAMS);

// Of the key's make-up: another one finds nothing that an older one stored.
const VERSION = 2;

// What of the headers an answer depends on, besides the credential.
const HEADERS = ['openai-organization', 'openai-project', 'openai-beta'] as const;

/** Options of {@link CacheKeys}. */
export interface CacheKeyRules {
  /** What a call is known by, in place of its params. */
  readonly identity: ((args: { readonly call: Call }) => unknown) | undefined;
  /** Whether callers with other credentials have entries of their own. */
  readonly perCredential: boolean;
}

/** Finds out which calls are the same. */
export class CacheKeys {
  readonly #rules: CacheKeyRules;
  /** The last credential and its digest: most processes have one. */
  #credential: string | undefined;
  #credentialDigest = '';
  readonly #wordings = new Wordings();

  constructor(rules: CacheKeyRules) {
    this.#rules = rules;
  }

  /** What is known of calls in the same words, which were given a key before. */
  recall(call: Call): Wording | undefined {
    return this.#rules.identity ? undefined : this.#wordings.of(call);
  }

  /**
   * SHA-256 over the operation, its URL, the params less {@link IGNORED_PARAMS}, the credential (as an HMAC),
   * organisation, project and partition. Undefined for a call whose params are no JSON.
   *
   * @param known what {@link recall} has of the call.
   */
  of(call: Call, partition: string, known: Wording | undefined = this.recall(call)): string | undefined {
    const { identity, perCredential } = this.#rules;
    const { headers, operation, url, bodyLength } = call;
    const credential = perCredential ? this.#digest(credentialOf(headers)) : '';
    const around = [operation.name, url, credential, partition, ...HEADERS.map((name) => headers.get(name))];
    if (identity) return digestOf([VERSION, around, { custom: identity({ call }) ?? null }], bodyLength);
    const surroundings = JSON.stringify(around);
    if (known?.surroundings === surroundings) return known.key;
    const key = digestOf([VERSION, around, { params: paramsOf(call.params) }], bodyLength);
    if (key !== undefined) this.#wordings.keep(call, surroundings, key);
    return key;
  }

  #digest(credential: string): string {
    if (credential !== this.#credential) {
      this.#credential = credential;
      this.#credentialDigest = createHmac('sha256', credential).update('interpose cache').digest('hex');
    }
    return this.#credentialDigest;
  }
}

function paramsOf(params: Params): Params {
  const asked: Record<string, unknown> = {};
  for (const name of Object.keys(params)) if (!IGNORED.has(name)) asked[name] = params[name];
  return asked;
}

function credentialOf(headers: Headers): string {
  return headers.get('authorization') ?? headers.get('api-key') ?? '';
}
