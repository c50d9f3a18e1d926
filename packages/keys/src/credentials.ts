import { credentialHeaders, keptHeaders, originOf, targetUrl, type Call } from '@interpose/core';
import type { Credential } from './key.ts';

/** The call with a key: where the key is valid, and without the credentials that it came with. */
export function withCredential(call: Call, { key, baseURL, organization, project, id }: Credential): Call {
  const url = baseURL === undefined ? call.url : targetUrl(call.url, baseURL, call.model);
  const leaves = originOf(url) !== originOf(call.url);
  const { headers } = call;
  const stays = !leaves && headers.has('api-key') && !headers.has('authorization');
  const own = stays ? { 'api-key': key } : credentialHeaders(url, key);
  return call.with({
    ...(url !== call.url && { url }),
    headers: {
      // Nothing that may be a secret of one host goes to another.
      ...(leaves && keptHeaders(call, id, true)),
      ...(headers.has('authorization') && { authorization: null }),
      ...(headers.has('api-key') && { 'api-key': null }),
      ...own,
      ...(organization !== undefined && { 'openai-organization': organization }),
      ...(project !== undefined && { 'openai-project': project }),
    },
    // The platform takes `authorization` off where a server points elsewhere, but no key in a header of another name.
    ...('api-key' in own && { redirect: 'manual' as const }),
  });
}
