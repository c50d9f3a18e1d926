import { endpointOf } from './operations/index.ts';

const AZURE_HOSTS = [
  '.openai.azure.com',
  '.cognitiveservices.azure.com',
  '.services.ai.azure.com',
  '.azure-api.net',
];

// The endpoints that Azure has beneath each deployment; the others have the model in their body there, too.
const OF_A_DEPLOYMENT = new Set([
  '/chat/completions',
  '/completions',
  '/embeddings',
  '/audio/transcriptions',
  '/audio/translations',
  '/audio/speech',
  '/images/generations',
  '/images/edits',
]);

/** The scheme, host and port of a URL. */
export function originOf(url: string): string {
  return new URL(url).origin;
}

/** Whether a URL is Azure's, where a key has a header of its own. */
export function isAzure(url: string): boolean {
  const { hostname } = new URL(url);
  return AZURE_HOSTS.some((end) => hostname.endsWith(end));
}

/** Whether a URL is OpenAI's or Azure's: they serve the same models with the same words. */
export function isFirstHand(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'api.openai.com' || hostname.endsWith('.api.openai.com') || isAzure(url);
}

/**
 * The URL of a call at another base: the endpoint of the call behind the base's path, with the base's query. What the
 * query of the call says is for the server that it was for.
 *
 * An Azure base that ends with `/openai` gets the deployment that is named like the model, as the official client has it.
 */
export function targetUrl(url: string, base: string, model: string | undefined): string {
  const target = new URL(base);
  const endpoint = endpointOf(url) ?? new URL(url).pathname;
  let path = target.pathname.replace(/\/+$/, '');
  if (isAzure(base) && path.endsWith('/openai') && model !== undefined && OF_A_DEPLOYMENT.has(endpoint)) {
    path += `/deployments/${encodeURIComponent(model)}`;
  }
  target.pathname = path + endpoint;
  target.username = '';
  target.password = '';
  target.hash = '';
  return target.href;
}
