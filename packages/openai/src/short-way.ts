import { isOwn, type ClientInternals, type RequestOptions, type ResponseProps } from './client-internals.ts';
import type { Deadlines } from './deadlines.ts';
import { isPlain } from './replies.ts';
import type { RequestWatch } from './requests.ts';

/** The client's steps from options to response that the short way stands for. */
const STEPS = ['makeRequest', 'fetchWithAuth', 'fetchWithTimeout'] as const;

/** What these may read of the client for what they do with an ordinary call to be known here. */
const READS: ReadonlySet<string> = new Set([
  'adminAPIKey',
  'authHeaders',
  'buildRequest',
  'fetch',
  'fetchWithAuth',
  'fetchWithTimeout',
  'logLevel',
  'makeRequest',
  'makeStatusError',
  'maxRetries',
  'prepareOptions',
  'prepareRequest',
  'readX509ResponseError',
  'retryRequest',
  'shouldRetry',
  'validateHeaders',
  '_callApiKey',
  '_makeAbort',
  '_makeUserAbortError',
  '_provider',
  '_workloadIdentityAuth',
]);

/** Levels at which the client tells its log of every call. */
const TALKATIVE: ReadonlySet<unknown> = new Set(['info', 'debug']);

/**
 * Sends an ordinary call (JSON for JSON, with no signal of the caller's and no log that wants to hear of it) past what
 * the client does besides: near half of its time for a call goes into texts for a log that is off. The request is the
 * client's own, and a time-out counts as ever.
 *
 * Whatever is no success is for the client: its own method runs then, from the beginning, and what came already is what
 * it gets in place of an answer from the network.
 *
 * @returns whether it is done; not where the client's steps are overridden, or look at more than is known here.
 */
export function goShort(client: ClientInternals, watch: RequestWatch, deadlines: Deadlines): boolean {
  const { makeRequest, fetch, prepareOptions, prepareRequest } = client;
  if (
    !makeRequest ||
    !client.buildRequest ||
    watch.hooked ||
    !STEPS.every((name) => isOwn(client, name, READS))
  )
    return false;

  client.makeRequest = async function makeRequestBeneath(given, retriesRemaining, retryOf) {
    const options = await given;
    const whole = (): Promise<ResponseProps> => makeRequest.call(client, options, retriesRemaining, retryOf);
    // The client's own further attempts come with the number that is left.
    if (typeof retriesRemaining === 'number' || !unchanged() || !isOrdinary(client, options)) return whole();
    return (await send({ ...options })) ?? whole();
  };
  return true;

  async function send(options: RequestOptions): Promise<ResponseProps | undefined> {
    await client.prepareOptions(options);
    if (!watch.knows(options)) return undefined;
    const { req, url, timeout } = await client.buildRequest!(options, { retryCount: 0 });
    await client.prepareRequest(req, { url, options });
    const controller = new AbortController();
    const startTime = deadlines.now();
    const deadline = deadlines.add(startTime + timeout, () => controller.abort());
    const { signal } = controller;
    const answer = fetch(url, { signal, ...req, method: req.method?.toUpperCase() ?? 'GET' });
    const whole = (late?: Response): Promise<ResponseProps> => {
      watch.hold(options, { answer: late ? Promise.resolve(late) : answer, controller });
      // It may not come as far as to take it.
      return makeRequest!.call(client, options, null, undefined).finally(() => watch.release(options));
    };
    const response = await answer.catch(nothing);
    deadlines.delete(deadline);
    if (!response?.ok) return whole();
    const props = { response, options, controller, startTime, whole };
    return isPlain(client, props) ? props : whole();
  }

  /** Whether nobody has come between the client and its layer since. */
  function unchanged(): boolean {
    return (
      client.fetch === fetch &&
      client.prepareOptions === prepareOptions &&
      client.prepareRequest === prepareRequest &&
      isOwn(client, 'fetchWithAuth') &&
      isOwn(client, 'fetchWithTimeout')
    );
  }
}

function nothing(): undefined {
  return undefined;
}

function isOrdinary(client: ClientInternals, options: RequestOptions): boolean {
  const { signal, stream, body, fetchOptions, __metadata: metadata, __binaryResponse: binary } = options;
  const retries = options.maxRetries ?? client.maxRetries;
  return (
    !signal &&
    !stream &&
    !binary &&
    !fetchOptions &&
    !client.fetchOptions &&
    !client._provider &&
    !client._workloadIdentityAuth &&
    // One that is asked for is asked for once a request.
    typeof client._options?.['apiKey'] !== 'function' &&
    !TALKATIVE.has(client.logLevel) &&
    // Whatever else this may be is for the client to refuse.
    Number.isInteger(retries) &&
    (retries as number) >= 0 &&
    // An object that is written as JSON, not one that is a body itself or has to be encoded.
    typeof body === 'object' &&
    body !== null &&
    Object.getPrototypeOf(body) === Object.prototype &&
    !(Symbol.asyncIterator in body) &&
    !(Symbol.iterator in body) &&
    !('next' in body) &&
    metadata?.['finalizeMultipart'] !== true &&
    metadata?.['hasStreamingBody'] !== true
  );
}
