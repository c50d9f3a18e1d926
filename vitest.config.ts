import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const conditions = ['@interpose/source', 'module', 'node', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // The container's classes are written with parameter decorators.
  oxc: { decorator: { legacy: true } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/src/**/*.test.ts', 'examples/*/src/**/*.test.ts'],
    setupFiles: ['reflect-metadata'],
    execArgv: ['--expose-gc'],
    // The processes that tests start read the sources, too: twice as fast when these were compiled before.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') },
    testTimeout: 20_000,
    // One for each core: much of what is tested waits, for other processes and for time-outs.
    maxWorkers: '100%',
  },
});
