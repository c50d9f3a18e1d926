import type { CutHow } from './scripted-reply.ts';

/** The error of a body whose connection ended early, as the platform's `fetch` has it. */
export function terminated(how: CutHow): TypeError {
  const cause =
    how === 'close'
      ? coded('SocketError', 'UND_ERR_SOCKET', 'other side closed')
      : Object.assign(coded('Error', 'ECONNRESET', 'read ECONNRESET'), { syscall: 'read' });
  return new TypeError('terminated', { cause });
}

/** The error of a `fetch` to a port where nobody listens, as the platform has it. */
export function connectionRefused(): TypeError {
  const cause = Object.assign(coded('Error', 'ECONNREFUSED', 'connect ECONNREFUSED'), { syscall: 'connect' });
  return new TypeError('fetch failed', { cause });
}

function coded(name: string, code: string, message: string): Error {
  return Object.assign(new Error(message), { name, code });
}
