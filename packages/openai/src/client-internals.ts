import type { Fetch } from '@interpose/core';
import { OpenAI } from 'openai';

/** The options of one request inside the client, as far as the adapter touches them. */
export interface RequestOptions {
  readonly method?: string;
  readonly path?: string;
  readonly body?: unknown;
  headers?: unknown;
  readonly stream?: boolean;
  readonly timeout?: number;
  readonly signal?: AbortSignal | null;
  readonly maxRetries?: number;
  readonly fetchOptions?: unknown;
  readonly __binaryResponse?: boolean;
  readonly __metadata?: Readonly<Record<string, unknown>>;
  readonly __security?: { readonly bearerAuth?: boolean; readonly adminAPIKeyAuth?: boolean };
  __streamClass?: unknown;
}

/** The client's credentials as headers, and the names of headers that they take away. */
export interface Credentials {
  readonly values: unknown;
  readonly nulls?: ReadonlySet<string>;
}

/** What the client builds the headers of a request of. */
export interface HeadersInput {
  readonly options: RequestOptions;
  readonly method: string;
  readonly bodyHeaders?: object | undefined;
  readonly authenticationHeaders?: Credentials | undefined;
  readonly retryCount: number;
  readonly x509Headers?: unknown;
  readonly x509Tenant?: unknown;
}

/** What the client keeps of one request until its body is parsed. */
export interface ResponseProps {
  response: Response;
  readonly options: RequestOptions;
  readonly controller: AbortController;
  readonly startTime: number;
  /**
   * Where the client's own method did not run: runs it after all, with this response for the answer, and gives what the
   * client keeps of it.
   */
  readonly whole?: (response: Response) => Promise<ResponseProps>;
}

/** A promise of the client, with its ways to the raw response. */
export interface ResponsePromise {
  asResponse: (this: ResponsePromise) => Promise<Response>;
  withResponse: (
    this: ResponsePromise,
  ) => Promise<{ data: unknown; response: Response; request_id: string | null }>;
}

/** What the client tells a hook of a request, besides the request. */
interface RequestContext {
  readonly url: string;
  readonly options: RequestOptions;
}

/**
 * The members of the official client that the adapter hooks into: one public option (`fetch`), protected
 * hooks that are meant for subclasses, and private methods. Of the private ones none is needed: where a
 * client does not have one, that part goes the plain way beneath `fetch`.
 */
export interface ClientInternals {
  fetch: Fetch;
  timeout: number;
  withOptions(options: Record<string, unknown>): OpenAI;
  makeStatusError(status: number, error: unknown, message: string | undefined, headers: Headers): Error;
  // Awaited by the client, so that a hook that has nothing to wait for may do without a promise.
  get prepareOptions(): (options: RequestOptions) => Promise<void>;
  set prepareOptions(hook: (options: RequestOptions) => Promise<void> | void);
  get prepareRequest(): (request: RequestInit, context: RequestContext) => Promise<void>;
  set prepareRequest(hook: (request: RequestInit, context: RequestContext) => Promise<void> | void);
  makeRequest?: (
    this: ClientInternals,
    options: RequestOptions | PromiseLike<RequestOptions>,
    retriesRemaining: number | null,
    retryOf: string | undefined,
  ) => Promise<ResponseProps>;
  buildRequest?: (
    this: ClientInternals,
    options: RequestOptions,
    settings: { readonly retryCount: number },
  ) => Promise<{ readonly req: RequestInit; readonly url: string; readonly timeout: number }>;
  fetchWithAuth?: unknown;
  fetchWithTimeout?: unknown;
  buildHeaders?: (this: ClientInternals, input: HeadersInput) => Promise<Headers>;
  validateHeaders?: unknown;
  authHeaders?: (
    this: ClientInternals,
    options: RequestOptions,
    schemes?: RequestOptions['__security'],
  ) => Promise<Credentials>;
  bearerAuth?: unknown;
  adminAPIKeyAuth?: unknown;
  readonly apiKey?: string | null;
  readonly adminAPIKey?: string | null;
  getUserAgent?(): string;
  readonly idempotencyHeader?: string;
  readonly organization?: string | null;
  readonly project?: string | null;
  readonly _options?: Readonly<Record<string, unknown>>;
  readonly _provider?: unknown;
  readonly _workloadIdentityAuth?: unknown;
  readonly fetchOptions?: unknown;
  readonly logLevel?: unknown;
  readonly maxRetries?: unknown;
  buildBody?(input: { options: RequestOptions }): { body: unknown };
  parseResponseWithTimeout?: (
    this: ClientInternals,
    client: OpenAI,
    props: ResponseProps,
  ) => Promise<unknown>;
  responsePromise?: (
    this: ClientInternals,
    request: Promise<ResponseProps>,
    ...rest: unknown[]
  ) => ResponsePromise;
}

/**
 * Whether a method is that of the client's class, and reads nothing of the client but `reads`: then it is known what it
 * does, also in another release.
 */
export function isOwn(
  client: ClientInternals,
  name: keyof ClientInternals,
  reads?: ReadonlySet<string>,
): boolean {
  const method = client[name];
  if (typeof method !== 'function' || method !== (OpenAI.prototype as unknown as ClientInternals)[name])
    return false;
  if (!reads) return true;
  const read = Function.prototype.toString.call(method).matchAll(/\bthis\??\.([\w$]+)/g);
  return Array.from(read).every(([, field]) => reads.has(field as string));
}

/** Looks at a client's inside. */
export function internals(client: OpenAI): ClientInternals {
  return client as unknown as ClientInternals;
}
