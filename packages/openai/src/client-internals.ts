import type { Fetch } from '@interpose/core';
import type { OpenAI } from 'openai';

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
  readonly __binaryResponse?: boolean;
  readonly __metadata?: Readonly<Record<string, unknown>>;
  readonly __security?: { readonly bearerAuth?: boolean; readonly adminAPIKeyAuth?: boolean };
  __streamClass?: unknown;
}

/** What the client builds the headers of a request of. */
export interface HeadersInput {
  readonly options: RequestOptions;
  readonly method: string;
  readonly bodyHeaders?: object | undefined;
  readonly authenticationHeaders?:
    | { readonly values: unknown; readonly nulls?: ReadonlySet<string> }
    | undefined;
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
  makeRequest?(
    options: RequestOptions | PromiseLike<RequestOptions>,
    retriesRemaining: number | null,
    retryOf: string | undefined,
  ): Promise<ResponseProps>;
  buildHeaders?: (this: ClientInternals, input: HeadersInput) => Promise<Headers>;
  validateHeaders?: unknown;
  getUserAgent?(): string;
  readonly idempotencyHeader?: string;
  readonly organization?: string | null;
  readonly project?: string | null;
  readonly _options?: Readonly<Record<string, unknown>>;
  readonly _provider?: unknown;
  buildBody?(input: { options: RequestOptions }): { body: unknown };
  parseResponseWithTimeout?(client: OpenAI, props: ResponseProps): Promise<unknown>;
  responsePromise?(request: Promise<ResponseProps>, ...rest: unknown[]): ResponsePromise;
}

/** Looks at a client's inside. */
export function internals(client: OpenAI): ClientInternals {
  return client as unknown as ClientInternals;
}
