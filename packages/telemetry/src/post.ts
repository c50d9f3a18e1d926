import type { Agent } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** One request to a collector. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly body: Uint8Array;
  readonly compression: 'gzip' | 'none';
  readonly signal: AbortSignal;
}

/** What the collector said. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: Uint8Array;
}

// An answer to an export is a few bytes; more than this is not one, and is not kept.
const LONGEST_ANSWER = 65_536;

const compress = promisify(gzip);

/** Sends one request. A redirect is an answer like any other: what is exported goes where it was told to go. */
export async function post({ url, headers, agent, body, compression, signal }: Post): Promise<Answer> {
  // Not imported statically, so that an instrumentation of HTTP that starts later than this file still sees it.
  const { request } = url.startsWith('https:') ? await import('node:https') : await import('node:http');
  const bytes = compression === 'gzip' ? await compress(body) : body;
  const encoding = compression === 'gzip' ? { 'content-encoding': 'gzip' } : {};
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      agent,
      signal,
      headers: { ...headers, ...encoding, 'content-length': bytes.length },
    };
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= LONGEST_ANSWER) chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode = 0, headers: said } = response;
        resolve({ status: statusCode, retryAfter: said['retry-after'], body: Buffer.concat(chunks) });
      });
    });
    sent.on('error', reject);
    sent.end(bytes);
  });
}
