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
  const path = new URL(url).pathname.replace(/\/+$/, '');
  return ENDPOINTS.find((endpoint) => path.endsWith(endpoint));
}
