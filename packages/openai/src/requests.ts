import { findOperation, passthrough, type Fetch, type Layer, type Params } from '@interpose/core';
import { DecodedStream } from './decoded-stream.ts';
import type { ClientInternals, RequestOptions } from './client-internals.ts';
import { ownJson } from './own-json.ts';

/** What the client's hooks learn of a request before it reaches `fetch`. */
interface Request {
  /** The same for all attempts that the client makes of one call. */
  readonly id: string;
  /** The body as it was serialised, and the params that it was serialised from. */
  text?: string;
  params?: Params;
}

/** Which of the client's requests is which, from its first hook to its `fetch`. */
export interface Requests {
  /** Finds the request to which the headers in a `fetch` belong, if its body is still the one that was seen. */
  of(init: RequestInit | undefined): { readonly id: string; readonly params?: Params | undefined } | undefined;
}

/**
 * Hooks into the steps that the client takes before `fetch`: gives each logical call its id, takes the params
 * as an object at the very moment they are serialised, and names the class that streams are made of.
 *
 * @param decodeStreams whether the client's streams can be made from decoded events.
 */
export function watchRequests(client: ClientInternals, layer: Layer, decodeStreams: boolean): Requests {
  const byOptions = new WeakMap<object, Request>();
  const byBody = new WeakMap<object, { text: string; params: Params }>();
  const byHeaders = new WeakMap<object, Request>();

  const prepareOptions = client.prepareOptions.bind(client);
  client.prepareOptions = async function prepareOptionsBeneath(options) {
    await prepareOptions(options);
    if (!isModelCall(options)) return;
    // A retry of the client comes with the same options, and is another attempt of the same call.
    if (!byOptions.has(options)) byOptions.set(options, { id: layer.newCallId() });
    if (decodeStreams) options.__streamClass ??= DecodedStream;
  };

  const buildBody = client.buildBody?.bind(client);
  if (buildBody) {
    client.buildBody = function buildBodyBeneath(input) {
      const built = buildBody(input);
      const { body } = input.options;
      // In the same tick as the serialisation, so that nobody can change the object in between.
      if (isLong(built.body) && typeof body === 'object' && body !== null && isModelCall(input.options)) {
        const params = ownJson(body);
        if (params) byBody.set(body, { text: built.body, params });
      }
      return built;
    };
  }

  const prepareRequest = client.prepareRequest.bind(client);
  client.prepareRequest = async function prepareRequestBeneath(request, context) {
    await prepareRequest(request, context);
    const known = byOptions.get(context.options);
    if (!known || !(request.headers instanceof Headers)) return;
    const { body } = context.options;
    const built = typeof body === 'object' && body !== null ? byBody.get(body) : undefined;
    byHeaders.set(request.headers, { id: known.id, ...built });
  };

  return {
    of(init) {
      const known = init?.headers instanceof Headers ? byHeaders.get(init.headers) : undefined;
      if (!known) return undefined;
      return known.text !== undefined && known.text === init?.body ? known : { id: known.id };
    },
  };
}

/** Switches the client's own retries off for calls that a unit of the layer sends again. */
export function leaveRetriesToLayer(client: ClientInternals): void {
  const makeRequest = client.makeRequest?.bind(client);
  if (!makeRequest) return;
  client.makeRequest = async function makeRequestBeneath(options, ...rest) {
    const given = await options;
    return makeRequest(isModelCall(given) ? { ...given, maxRetries: 0 } : given, ...rest);
  };
}

// Shorter bodies are parsed from their text when somebody looks: that costs less than a copy that nobody may need.
const LONG_BODY_CHARACTERS = 4096;

function isLong(body: unknown): body is string {
  return typeof body === 'string' && body.length >= LONG_BODY_CHARACTERS;
}

function isModelCall(options: RequestOptions): boolean {
  return findOperation(options.method?.toUpperCase() ?? 'GET', options.path ?? '') !== passthrough;
}

/** The client's own `fetch`, where it was given one: it wins over the layer's. */
export function ownFetch(fetch: Fetch): Fetch | undefined {
  return fetch === globalThis.fetch ? undefined : fetch;
}
