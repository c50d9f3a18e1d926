#!/usr/bin/env node
import { systemClock } from '@interpose/core';
import { main } from './main.ts';

// Node 22 calls `node:sqlite` an experiment each time. That is for who writes a program, not for who runs one.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') console.error(String(warning));
});

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever read has enough: `interpose spend | head -1`.
    if (error.code === 'EPIPE') process.exit();
    if (stream === process.stdout) process.stderr.write(`interpose: cannot write: ${error.message}\n`);
    process.exit(1);
  });
}

const { stdout, stderr, env } = process;
process.exitCode = await main(process.argv.slice(2), { stdout, stderr, env, clock: systemClock });
