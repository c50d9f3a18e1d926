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
    testTimeout: 20_000,
  },
});
