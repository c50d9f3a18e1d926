import {
  ConfigurationError,
  controlLayer,
  refusalOf,
  type Fetch,
  type Layer,
  type LayerOptions,
  type SendOptions,
  type StackEntry,
} from '@interpose/core';
import { OpenAI } from 'openai';
import { clientError } from './errors.ts';
import { internals } from './client-internals.ts';
import { Deadlines } from './deadlines.ts';
import { handReplies, platform } from './replies.ts';
import { reuseHeaders } from './request-headers.ts';
import { goShort } from './short-way.ts';
import { leaveRetriesToLayer, ownFetch, watchRequests } from './requests.ts';

/** Which parts of a client are handed over as objects, and which go the plain way, as bytes. */
export interface Paths {
  /** The headers of requests: `reused` are copies of those of the last request like it. */
  readonly headers: 'reused' | 'built';
  /** What the client does for a request: only what an ordinary call needs, or the whole of it. */
  readonly requests: 'short' | 'whole';
  /** The params of requests: `objects` are taken from the client before it serialises them. */
  readonly params: 'objects' | 'bytes';
  /** Plain replies: `objects` are handed up parsed. */
  readonly replies: 'objects' | 'bytes';
  /** Streams: `objects` are events that were decoded once. */
  readonly streams: 'objects' | 'bytes';
}

interface Attachment {
  readonly layer: Layer;
  readonly paths: Paths;
}

const ATTACHMENTS = Symbol.for('interpose.attachments');

/** Options of {@link interpose}. */
export interface InterposeOptions extends LayerOptions {
  /** `plain` keeps to `fetch` alone, where the fast ways into the client are not wanted. @default 'fast' */
  path?: 'fast' | 'plain';
}

/**
 * Puts a control layer beneath a client. Returns a client of the same class, with everything working; the
 * given one is left as it is.
 *
 * @param stack plugins, outermost first, or a layer that several clients share.
 * @throws {ConfigurationError} when the stack is wrong, or the client authenticates by X.509, which refuses
 * any `fetch` but its own.
 */
export function interpose<C extends OpenAI>(
  client: C,
  stack: readonly StackEntry[] | Layer,
  options: InterposeOptions = {},
): C {
  const { path = 'fast', ...layerOptions } = options;
  if (path !== 'fast' && path !== 'plain') {
    throw ConfigurationError.option('interpose', 'path', "'fast' or 'plain'", path);
  }
  if (typeof (client as Partial<OpenAI> | null)?.withOptions !== 'function') {
    throw ConfigurationError.option('interpose', 'client', 'a client of the openai package', client);
  }
  const { x509Transport, credential } = optionsOf(client);
  if (x509Transport !== undefined || credential !== undefined) {
    throw new ConfigurationError('interpose: a client with X.509 credentials refuses any fetch but its own');
  }
  const layer = isLayer(stack) ? stack : controlLayer(stack, layerOptions);
  if (attachments(client).some((attachment) => attachment.layer === layer)) return client;
  return attach(client.withOptions({}), layer, path);
}

/** The layer beneath a client, the outermost where there are several; undefined when there is none. */
export function layerOf(client: OpenAI): Layer | undefined {
  return attachments(client).at(-1)?.layer;
}

/** Which paths are live beneath a client; undefined when it has no layer. */
export function pathsOf(client: OpenAI): Paths | undefined {
  return attachments(client).at(-1)?.paths;
}

function attach<C extends OpenAI>(client: C, layer: Layer, path: 'fast' | 'plain'): C {
  const inside = internals(client);
  // Errors and streams are of the classes of this package's copy of the client; another copy goes the plain way.
  const fast = path === 'fast' && client instanceof OpenAI;
  const below = attachments(client);
  const base = inside.fetch;
  const withOptions = inside.withOptions.bind(client);

  const own = ownFetch(base);
  // Only where no subclass has its hands on them before the layer does.
  const light = Object.getPrototypeOf(client) === OpenAI.prototype;
  const reused = fast && reuseHeaders(inside, light);
  const deadlines = new Deadlines();
  if (fast) handReplies(inside, deadlines);

  const watch = fast ? watchRequests(inside, layer, own, optionsOf(client)['defaultHeaders']) : undefined;
  const plain: SendOptions = { transport: own, present: clientError };
  const handed = fast && inside.parseResponseWithTimeout && inside.responsePromise;
  const beneath: Fetch = handed
    ? function fetchBeneath(input, init = {}) {
        return watch?.takeHeld(init) ?? layer.send(input, init, watch?.of(init) ?? plain);
      }
    : async function fetchBeneath(input, init = {}) {
        // Nobody further up could make a response of the platform of it any more.
        return platform(await layer.send(input, init, watch?.of(init) ?? plain));
      };
  // The client looks for `Response` on its fetch, and would otherwise make a call to find out.
  inside.fetch = Object.assign(beneath, base);

  const short = handed && watch ? goShort(inside, watch, deadlines) : false;
  if (layer.retries) leaveRetriesToLayer(inside);
  watch?.turns();

  const makeStatusError = inside.makeStatusError.bind(client);
  inside.makeStatusError = (status, error, message, headers) => {
    const byStatus = makeStatusError(status, error, message, headers);
    const refusal = headers && refusalOf(headers);
    return refusal ? clientError(refusal, byStatus) : byStatus;
  };

  inside.withOptions = (changes) => {
    // The copy starts from the fetch beneath the layer, and gets a layer of its own around it.
    const bottom = below.length === 0 && changes['fetch'] === undefined;
    return attach(withOptions(bottom ? { ...changes, fetch: base } : changes), layer, path);
  };

  const paths: Paths = {
    headers: reused ? 'reused' : 'built',
    requests: short ? 'short' : 'whole',
    params: fast && inside.buildBody ? 'objects' : 'bytes',
    replies: handed ? 'objects' : 'bytes',
    streams: handed ? 'objects' : 'bytes',
  };
  const attachment: Attachment = { layer, paths };
  Object.defineProperty(client, ATTACHMENTS, { value: [...below, attachment], configurable: true });
  return client;
}

/** The options that a client was made with. */
function optionsOf(client: OpenAI): Readonly<Record<string, unknown>> {
  return internals(client)._options ?? {};
}

function attachments(client: OpenAI): readonly Attachment[] {
  return (client as { [ATTACHMENTS]?: readonly Attachment[] })[ATTACHMENTS] ?? [];
}

function isLayer(stack: readonly StackEntry[] | Layer): stack is Layer {
  return !Array.isArray(stack) && typeof (stack as Partial<Layer> | null)?.send === 'function';
}
