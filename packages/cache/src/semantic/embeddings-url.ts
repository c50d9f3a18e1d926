import { ConfigurationError, isOfDeployment, siblingUrl, type Call } from '@interpose/core';

/**
 * Where the provider of a call makes embeddings: beside the endpoint of the call.
 *
 * @throws {ConfigurationError} where that cannot be known: in Azure's older URLs a deployment is of one model.
 */
export function embeddingsUrl({ url }: Call): string {
  if (isOfDeployment(url)) {
    throw new ConfigurationError(
      'semanticCache: give `embed`: the URL of this call names a deployment, and that of a model for embeddings is not known',
      'invalid_option',
    );
  }
  return siblingUrl(url, '/embeddings');
}
