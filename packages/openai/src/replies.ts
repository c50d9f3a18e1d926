import { LightResponse } from '@interpose/core';
import type { ClientInternals, ResponsePromise, ResponseProps } from './client-internals.ts';
import type { Deadlines } from './deadlines.ts';

/**
 * Hands bodies up that are parsed already, or parses them without the detours of the client. Whatever is
 * unusual (a time-out, an abort, a body that is not JSON) is left to the client's own method, which finds
 * everything as if nobody had been there.
 */
export function handReplies(client: ClientInternals, deadlines: Deadlines): void {
  const parseResponse = client.parseResponseWithTimeout?.bind(client);
  if (parseResponse) {
    client.parseResponseWithTimeout = function parseResponseBeneath(owner, props) {
      if (props.options.__binaryResponse) props.response = platform(props.response);
      if (!isPlain(owner, props)) return parseResponse(owner, props);
      const { response, options, startTime, whole } = props;
      const { signal } = options;
      const body = read(response);
      return new Promise((resolve) => {
        // From here on it is the client's business, with the very body that is being read.
        const giveUp = (): void => {
          if (!deadlines.delete(deadline)) return;
          signal?.removeEventListener('abort', giveUp);
          const rest = sameBody(response, body);
          resolve(
            whole
              ? whole(rest).then((client) =>
                  parseResponse(owner, Object.assign(props, client, { startTime })),
                )
              : parseResponse(owner, Object.assign(props, { response: rest })),
          );
        };
        const deadline = deadlines.add(startTime + (options.timeout ?? client.timeout), giveUp);
        signal?.addEventListener('abort', giveUp, { once: true });
        body.then((value) => {
          if (!deadlines.delete(deadline)) return;
          signal?.removeEventListener('abort', giveUp);
          resolve(withRequestId(value, response));
        }, giveUp);
      });
    };
  }

  const responsePromise = client.responsePromise?.bind(client);
  if (responsePromise) {
    client.responsePromise = function responsePromiseBeneath(request, ...rest) {
      const promise = responsePromise(request, ...rest);
      promise.asResponse = asPlatformResponse;
      promise.withResponse = withPlatformResponse;
      return promise;
    };
  }
}

// Functions of `this`, not closures: a promise of the client is made for every step of every call.

async function asPlatformResponse(this: ResponsePromise): Promise<Response> {
  const { asResponse } = Object.getPrototypeOf(this) as ResponsePromise;
  return platform(await asResponse.call(this));
}

async function withPlatformResponse(this: ResponsePromise): ReturnType<ResponsePromise['withResponse']> {
  // The data first: a time-out over the body may have put another response in the place of the first.
  const data = await (this as unknown as PromiseLike<unknown>);
  const response = await this.asResponse();
  return { data, response, request_id: response.headers.get('x-request-id') };
}

/** Whether a reply is JSON that nobody but the caller wants to hear of. */
export function isPlain(
  owner: { readonly logLevel?: unknown },
  { options, response }: Pick<ResponseProps, 'options' | 'response'>,
): boolean {
  if (options.stream || options.__binaryResponse || owner.logLevel === 'debug') return false;
  if (response.status === 204 || options.signal?.aborted) return false;
  const { headers } = response;
  return (
    headers.get('content-type')?.startsWith('application/json') === true &&
    headers.get('content-length') !== '0'
  );
}

/** The parsed body, once; undefined for an empty one. */
function read(response: Response): Promise<unknown> {
  const parsed = response instanceof LightResponse ? response.takeParsed('json') : undefined;
  return parsed?.kind === 'json' ? parsed.value() : response.text().then(parse);
}

function parse(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text);
}

/** A response whose text is the body that is being read already, for the client to deal with. */
function sameBody(response: Response, body: Promise<unknown>): Response {
  const { status, statusText, headers, url, redirected, type } = response;
  const text = async (): Promise<string> => {
    const value = await body;
    return value === undefined ? '' : JSON.stringify(value);
  };
  const open = (): never => {
    throw new TypeError('Body is unusable: Body has already been read');
  };
  return new LightResponse({
    status,
    statusText,
    headers,
    url,
    redirected,
    type,
    body: { text, open },
  });
}

function withRequestId(value: unknown, response: Response): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const requestId = response.headers.get('x-request-id');
  return Object.defineProperty(value, '_request_id', { value: requestId, enumerable: false });
}

/** The response as an object of the platform. */
export function platform(response: Response): Response {
  return response instanceof LightResponse ? response.platform() : response;
}
