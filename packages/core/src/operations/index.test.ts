import { expect, test } from 'vitest';
import { endpointOf, findOperation, isOfDeployment, operations, passthrough, siblingUrl } from './index.ts';

test('requests find their operation by method and the end of their path', () => {
  const log = `
    POST /v1/chat/completions -> chat
    POST /openai/deployments/gpt-4o/chat/completions -> chat
    POST /v1/responses -> responses
    POST /openai/v1/responses -> responses
    POST /api/v1/embeddings -> embeddings
    POST /v1/completions -> completions
    POST /v1/moderations -> moderations
    POST /v1/images/generations -> images
    POST /v1/images/edits -> images
    POST /v1/images/variations -> images
    POST /v1/audio/speech -> audio
    POST /v1/audio/transcriptions -> audio
    POST /v1/audio/translations -> audio
    GET /v1/chat/completions -> passthrough
    GET /v1/chat/completions/chatcmpl-1 -> passthrough
    POST /v1/chat/completions/chatcmpl-1 -> passthrough
    DELETE /v1/responses/resp_1 -> passthrough
    GET /v1/responses/resp_1 -> passthrough
    POST /v1/responses/resp_1/cancel -> passthrough
    POST /v1/responses/input_tokens -> passthrough
    POST /v1/responses/compact -> passthrough
    GET /v1/responses/resp_1/input_items -> passthrough
    GET /v1/organization/usage/embeddings -> passthrough
    POST /v1/files -> passthrough
    POST /oauth/token -> passthrough
    POST / -> passthrough
  `;
  const lines = log.trim().split('\n');
  const found = lines.map((line) => {
    const [method = '', path = ''] = line.trim().split(' ');
    return `    ${method} ${path} -> ${findOperation(method, path).name}`;
  });
  expect(found.join('\n').trim()).toBe(log.trim());
});

test('each request is of one operation at most', () => {
  const paths = [
    '/chat/completions',
    '/responses',
    '/embeddings',
    '/completions',
    '/moderations',
    '/images/edits',
  ];
  for (const path of paths) {
    expect(operations.filter((operation) => operation.matches('POST', `/v1${path}`)).length).toBe(1);
  }
});

test('the endpoint of a URL is what stands behind its base, for each request of an operation and no other', () => {
  const endpoints = [
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
  ];
  for (const endpoint of endpoints) {
    expect(findOperation('POST', endpoint)).not.toBe(passthrough);
    expect(endpointOf(`https://api.test/openai/deployments/completions${endpoint}/?q=1`)).toBe(endpoint);
  }
  expect(endpointOf('https://api.test/v1/files')).toBe(undefined);
});

test('another endpoint stands beside that of a URL, with what stands before and behind it', () => {
  const beside = (url: string): [string, boolean] => [siblingUrl(url, '/embeddings'), isOfDeployment(url)];
  expect(
    [
      'https://api.test/v1/chat/completions',
      'https://api.test/v1/responses/?a=b',
      'https://api.test/openai/deployments/m/chat/completions?api-version=1',
      'https://api.test/v1/files',
    ].map(beside),
  ).toEqual([
    ['https://api.test/v1/embeddings', false],
    ['https://api.test/v1/embeddings?a=b', false],
    ['https://api.test/openai/deployments/m/embeddings?api-version=1', true],
    ['https://api.test/v1/files/embeddings', false],
  ]);
});

test('passthrough reads nothing and changes nothing', () => {
  const params = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
  const body = { id: 'x', error: { message: 'y' } };
  const rewriter = passthrough.rewriter(() => {
    throw new Error('nothing to open');
  });
  expect(passthrough.matches('POST', '/v1/chat/completions')).toBe(false);
  expect(passthrough.model(params)).toBe(undefined);
  expect(passthrough.mapInput(params, () => 'changed')).toBe(params);
  expect(passthrough.outputLimit(params)).toBe(undefined);
  expect(passthrough.withOutputLimit(params, 1)).toBe(params);
  expect(passthrough.inspectBody(body)).toEqual({ pieces: [], content: false, terminal: false });
  expect(passthrough.inspectEvent(body)).toEqual({ pieces: [], content: false, terminal: false });
  expect(passthrough.completion().whole).toBe(true);
  expect(rewriter.event(body)).toEqual([body]);
  expect(rewriter.body(body)).toBe(body);
});
