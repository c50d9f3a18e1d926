/** The provider of the HTTP benchmarks, in a process of its own: the leanest server that speaks the protocol. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ANSWER, STREAM } from './fixtures.ts';

const stream = Buffer.concat(STREAM.slice());
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const streamed = Buffer.concat(chunks).includes('"stream":true');
    response.setHeader('x-request-id', 'req_bench');
    response.setHeader('content-type', streamed ? 'text/event-stream' : 'application/json');
    response.end(streamed ? stream : ANSWER);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  process.send?.({ baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` });
});
// Ends with its parent, however that ends.
process.on('disconnect', () => process.exit());
