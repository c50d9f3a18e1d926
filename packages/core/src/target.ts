import type { Call } from './call.ts';
import { ConfigurationError } from './error.ts';
import { endpointOf, type Fit, type Params } from './operations/index.ts';
import { checkOptions, option, type OptionRule } from './options.ts';
import type { Fetch } from './runtime.ts';
import { credentialHeaders, keptHeaders } from './target-headers.ts';
import { isFirstHand, originOf, targetUrl } from './target-url.ts';
import { isPlatformFetch } from './tokens.ts';
import { detour, type Detour } from './well-known.ts';

/** A client of the `openai` package, as far as a target needs it. */
export interface TargetClient {
  readonly baseURL: string;
  /** Builds a request with the client's own address and credentials. */
  buildRequest(options: {
    method: 'post';
    path: string;
    body: unknown;
  }): Promise<{ readonly url: string; readonly req: { readonly headers: Headers } }>;
}

/** Where a call may go instead of where it was going: another model, another account, region or provider. */
export interface Target {
  /** For events, errors and headers: letters, digits and `.:@/_-`. @default made of the model and the host */
  readonly name?: string;
  /** The model to ask. @default the one that was asked for */
  readonly model?: string;
  /** A client with another address or account: its address, credentials, headers and `fetch` are used. */
  readonly client?: TargetClient;
  /** Another address that speaks the API: with its `/v1`, or Azure's `/openai` and `?api-version=...`. */
  readonly baseURL?: string;
  /** The key for it. Without one, nothing goes to another host that may be a key. */
  readonly apiKey?: string | (() => string | Promise<string>);
  /** Headers that it needs besides; `null` removes one. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Params that override those of the call, `undefined` removes one; or a function that makes them of those. */
  readonly params?: Params | ((args: { readonly call: Call; readonly params: Params }) => Params);
}

/** A {@link Target}, checked, with the way to it. */
export interface Destination {
  readonly name: string;
  readonly model: string | undefined;
  /** Whether a call changes its server or its account on the way: its credentials stay behind, and so does its quota. */
  leaves(call: Call): boolean;
  /** Says what keeps a call from going there: the field that refers to something of its own account. */
  boundBy(call: Call): string | undefined;
  /** The call as it is to be sent there. Credentials of the call stay behind where it leaves its host or account. */
  aim(call: Call, kind: Detour['kind']): Promise<Call>;
}

/** The rules of a target's options, for units whose targets have more of them. */
export const targetRules: Readonly<Record<string, OptionRule>> = {
  name: [(value) => /^[\w.:@/-]{1,100}$/.test(String(value)), 'up to 100 letters, digits and .:@/_-'],
  model: option.string,
  client: [isClient, 'a client of the openai package'],
  baseURL: [(value) => typeof value === 'string' && /^https?:/.test(value) && URL.canParse(value), 'a URL'],
  // In words of its own: what is wrong about a key is not to be shown.
  apiKey: option.any,
  headers: option.object,
  params: [
    (value) => typeof value === 'function' || option.object[0](value),
    'an object, or a function that returns one',
  ],
};

/**
 * Checks a target and makes it ready to be used.
 *
 * @param unit whose option it is, for errors.
 * @param place which of its options: `targets[0]`.
 * @throws {ConfigurationError} for a wrong option.
 */
export function destination(unit: string, place: string, target: Target): Destination {
  const owner = `${unit} ${place}`;
  checkOptions(owner, target, targetRules);
  const { model, client, baseURL, apiKey, headers = {}, params } = target;
  const isKey = typeof apiKey === 'function' || (typeof apiKey === 'string' && apiKey !== '');
  if (apiKey !== undefined && !isKey)
    throw new ConfigurationError(
      `${owner}: apiKey must be a non-empty string or a function`,
      'invalid_option',
    );
  if (client && (baseURL !== undefined || apiKey !== undefined))
    throw new ConfigurationError(`${owner}: give client, or baseURL and apiKey`, 'invalid_option');
  if (model === undefined && !client && baseURL === undefined && apiKey === undefined && !params)
    throw new ConfigurationError(
      `${owner}: it is where the call goes anyway; give model, client, baseURL, apiKey or params`,
      'invalid_option',
    );
  const base = client?.baseURL ?? baseURL;
  const { name = nameOf(model, base) } = target;

  const leaves = (call: Call): boolean =>
    client !== undefined || apiKey !== undefined || !staysAt(call.url, base);

  return {
    name,
    model,
    leaves,
    boundBy: (call) => (leaves(call) ? call.operation.boundBy?.(call.params) : undefined),
    async aim(call, kind) {
      const elsewhere = leaves(call);
      const built = client && (await requestOf(client, call, model));
      const url =
        built?.url ?? (base === undefined ? call.url : targetUrl(call.url, base, model ?? call.model));
      const foreign = originOf(url) !== originOf(call.url) && !isFirstHand(url);
      const key = typeof apiKey === 'function' ? await apiKey() : apiKey;
      const own = built ? ofTheClient(built.req.headers) : credentialHeaders(url, key);
      const transport = client && ownFetch(client);
      const changed = changedParams(call, { model, elsewhere, foreign }, params);
      return call.with({
        url,
        headers: { ...keptHeaders(call, name, elsewhere), ...own, ...headers },
        context: [[detour, { kind, target: name, ...(elsewhere && { ownCredentials: true }) }]],
        ...(changed !== call.params && { params: changed }),
        ...(transport && { transport }),
        // The platform takes `authorization` off where a server points elsewhere, but no key in a header of another name.
        ...('api-key' in own && { redirect: 'manual' as const }),
      });
    },
  };
}

/** The params for a target. A body that is no object of params is sent as it is. */
function changedParams(call: Call, to: Fit, params: Target['params']): Params {
  const given = call.params;
  if (Object.keys(given).length === 0) return given;
  const { model } = to;
  const named = model === undefined || given['model'] === model ? given : { ...given, model };
  const fitted = call.operation.fit?.(given, to) ?? named;
  const changes = typeof params === 'function' ? params({ call, params: fitted }) : params;
  if (!changes) return fitted;
  return Object.fromEntries(
    Object.entries(typeof params === 'function' ? changes : { ...fitted, ...changes }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}

function isClient(value: unknown): boolean {
  const client = value as Partial<TargetClient> | null;
  return typeof client?.buildRequest === 'function' && typeof client.baseURL === 'string';
}

function nameOf(model: string | undefined, base: string | undefined): string {
  const host = base === undefined ? undefined : new URL(base).host;
  const name = [model, host].filter((part) => part !== undefined).join('@') || 'another-account';
  return name.replaceAll(/[^\w.:@/-]/g, '_').slice(0, 100);
}

function staysAt(url: string, base: string | undefined): boolean {
  return base === undefined || originOf(base) === originOf(url);
}

/** What the client itself would send: of the params it needs no more than the model, for an address that has it in its path. */
async function requestOf(
  client: TargetClient,
  call: Call,
  model: string | undefined,
): Promise<{ url: string; req: { headers: Headers } }> {
  const path = endpointOf(call.url) ?? new URL(call.url).pathname;
  return client.buildRequest({ method: 'post', path, body: { model: model ?? call.model } });
}

/** The `fetch` that a client was given. Where it is the platform's, the layer's own network serves it as well. */
function ownFetch(client: TargetClient): Fetch | undefined {
  const own: unknown = (client as { fetch?: unknown }).fetch;
  return typeof own === 'function' && !isPlatformFetch(own) ? (own as Fetch) : undefined;
}

// What the client says of the body that it was shown, of a try that it counted, and of what it expects back.
const OF_ITS_REQUEST = [
  'accept',
  'content-length',
  'content-type',
  'idempotency-key',
  'x-stainless-retry-count',
];

function ofTheClient(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !OF_ITS_REQUEST.includes(name)));
}
