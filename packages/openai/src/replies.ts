import { LightResponse } from '@interpose/core';
import type { OpenAI } from 'openai';
import type { ClientInternals, ResponseProps } from './client-internals.ts';

/**
 * Hands bodies up that are parsed already, or parses them without the detours of the client. Whatever is
 * unusual (a time-out, an abort, a body that is not JSON) is left to the client's own method, which finds
 * everything as if nobody had been there.
 */
export function handReplies(client: ClientInternals): void {
  const parseResponse = client.parseResponseWithTimeout?.bind(client);
  if (parseResponse) {
    client.parseResponseWithTimeout = async function parseResponseBeneath(owner, props) {
      if (!isPlain(owner, props)) return parseResponse(owner, props);
      const { response } = props;
      const body = read(response);
      const finished = await inTime(client, props, body);
      if (finished) return withRequestId(finished.value, response);
      props.response = sameBody(response, body);
      return parseResponse(owner, props);
    };
  }

  const responsePromise = client.responsePromise?.bind(client);
  if (responsePromise) {
    client.responsePromise = function responsePromiseBeneath(request, ...rest) {
      const promise = responsePromise(request, ...rest);
      const withResponse = promise.withResponse.bind(promise);
      promise.asResponse = async () => platform((await request).response);
      promise.withResponse = async () => {
        const result = await withResponse();
        return { ...result, response: platform(result.response) };
      };
      return promise;
    };
  }
}

function isPlain(owner: OpenAI, { options, response }: ResponseProps): boolean {
  if (options.stream || options.__binaryResponse || owner.logLevel === 'debug') return false;
  if (response.status === 204 || options.signal?.aborted) return false;
  const { headers } = response;
  return headers.get('content-type')?.startsWith('application/json') === true && headers.get('content-length') !== '0';
}

/** The parsed body, once; undefined for an empty one. */
async function read(response: Response): Promise<unknown> {
  const parsed = response instanceof LightResponse ? response.takeParsed() : undefined;
  if (parsed?.kind === 'json') return parsed.value();
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

/** Waits for the body until the client's time for the call is up; undefined when it did not arrive whole. */
function inTime(
  client: ClientInternals,
  { options, startTime }: ResponseProps,
  body: Promise<unknown>,
): Promise<{ readonly value: unknown } | undefined> {
  const { signal } = options;
  return new Promise((resolve) => {
    const finish = (result: { value: unknown } | undefined): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      resolve(result);
    };
    const giveUp = (): void => finish(undefined);
    // The machine's clock and no other: it is what the client measures this time with.
    const left = startTime + (options.timeout ?? client.timeout) - Date.now();
    const timer = setTimeout(giveUp, Math.max(0, left));
    signal?.addEventListener('abort', giveUp, { once: true });
    body.then((value) => finish({ value }), giveUp);
  });
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
  const light = new LightResponse({ status, statusText, headers, url, redirected, type, body: { text, open } });
  return light as unknown as Response;
}

function withRequestId(value: unknown, response: Response): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const requestId = response.headers.get('x-request-id');
  return Object.defineProperty(value, '_request_id', { value: requestId, enumerable: false });
}

function platform(response: Response): Response {
  return response instanceof LightResponse ? response.platform() : response;
}
