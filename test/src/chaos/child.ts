import { fork, type ChildProcess } from 'node:child_process';

/** Starts a file of this folder as a process of its own. */
export function child(file: string, order: object): ChildProcess {
  return fork(new URL(file, import.meta.url), [JSON.stringify(order)], {
    execArgv: ['--conditions=@interpose/source', '--disable-warning=ExperimentalWarning'],
  });
}
