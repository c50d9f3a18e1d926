import { ConfigurationError, type Call } from '@interpose/core';

const ENDPOINTS: Readonly<Record<string, string>> = {
  chat: '/chat/completions',
  responses: '/responses',
  completions: '/completions',
};

/**
 * Where the provider of a call makes embeddings: beside the endpoint of the call.
 *
 * @throws {ConfigurationError} where that cannot be known: in Azure's older URLs a deployment is of one model.
 */
export function embeddingsUrl({ operation, url }: Call): string {
  const place = new URL(url);
  const path = place.pathname.replace(/\/+$/, '');
  const endpoint = ENDPOINTS[operation.name] ?? '';
  const base = path.slice(0, path.length - endpoint.length);
  if (/\/deployments\/[^/]+$/.test(base)) {
    throw new ConfigurationError(
      'semanticCache: give `embed`: the URL of this call names a deployment, and that of a model for embeddings is not known',
      'invalid_option',
    );
  }
  place.pathname = `${base}/embeddings`;
  return place.href;
}
