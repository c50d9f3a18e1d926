// The longer before those that are their ends.
const ENDPOINTS = [
  '/chat/completions',
  '/responses',
  '/embeddings',
  '/completions',
  '/moderations',
  '/images/generations',
  '/images/edits',
  '/images/variations',
  '/audio/speech',
  '/audio/transcriptions',
  '/audio/translations',
] as const;

/**
 * The endpoint of a URL, without what stands before it (`/v1`, `/openai/deployments/x`) and after it; undefined for one
 * that is none of an operation.
 */
export function endpointOf(url: string): string | undefined {
  const path = pathOf(url);
  return ENDPOINTS.find((endpoint) => path.endsWith(endpoint));
}

/** The URL of another endpoint at the place that a URL is of: `/embeddings` beside `/chat/completions`. */
export function siblingUrl(url: string, endpoint: string): string {
  const sibling = new URL(url);
  sibling.pathname = baseOf(url) + endpoint;
  return sibling.href;
}

/** Whether a URL is of a deployment, as Azure's older ones are: another endpoint beside it would be of the same model. */
export function isOfDeployment(url: string): boolean {
  return /\/deployments\/[^/]+$/.test(baseOf(url));
}

function baseOf(url: string): string {
  const path = pathOf(url);
  return path.slice(0, path.length - (endpointOf(url) ?? '').length);
}

function pathOf(url: string): string {
  return new URL(url).pathname.replace(/\/+$/, '');
}
