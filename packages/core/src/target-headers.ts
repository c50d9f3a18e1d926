import type { Call } from './call.ts';
import { isAzure } from './target-url.ts';

// A list of what may go, and not of what may not: nobody knows all the names that a key may have.
const MAY_LEAVE =
  /^(?:accept|content-type|openai-beta|traceparent|tracestate|user-agent|x-client-request-id|x-stainless-.+)$/;

/**
 * What becomes of the headers of a call that goes to a target: all stay on the same account, and nothing that may be a
 * secret leaves it. Keys of idempotency get the target's name: two different requests under one are a mistake.
 */
export function keptHeaders(call: Call, target: string, leaves: boolean): Record<string, string | null> {
  const changes: Record<string, string | null> = {};
  if (leaves) for (const name of call.headers.keys()) if (!MAY_LEAVE.test(name)) changes[name] = null;
  const key = call.headers.get('idempotency-key');
  if (key !== null) changes['idempotency-key'] = `${key}-${target}`;
  return changes;
}

/** The header that carries a key to a server. */
export function credentialHeaders(url: string, key: string | undefined): Record<string, string> {
  if (key === undefined) return {};
  return isAzure(url) ? { 'api-key': key } : { authorization: `Bearer ${key}` };
}
