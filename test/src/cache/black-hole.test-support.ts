import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to a server that swallows all that is sent as long as it is told to. */
export interface BlackHole {
  readonly url: string;
  /** How many connections were opened. */
  readonly connections: number;
  /** Lets new connections through from now on. */
  open(): void;
}

export async function blackHole(port: number): Promise<BlackHole> {
  const sockets = new Set<Socket>();
  const track = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  let swallows = true;
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    track(socket);
    if (swallows) socket.resume();
    else socket.pipe(track(connect(port, '127.0.0.1'))).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    open: () => {
      swallows = false;
    },
  };
}
