import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
// Within this package, so that the code resolves what the tests may resolve.
const folder = join(import.meta.dirname, '../.readme');
const run = promisify(execFile);

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
  ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`),
].filter((page) => page.endsWith('.md'));

interface Block {
  readonly code: string;
  readonly name: string;
  readonly file: string;
  readonly runs: boolean;
}

const blocks = pages.flatMap(blocksOf);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const { file, code } of blocks) writeFileSync(file, code);
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({
    extends: '../../tsconfig.check.json',
    include: ['*.ts'],
    compilerOptions: { noEmit: true },
  }),
);

test('the pages have code', () => {
  expect(blocks.filter(({ runs }) => runs).length).toBeGreaterThan(10);
});

test('the code of every page has sound types', async () => {
  const { stdout } = await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder]).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toBe('');
}, 60_000);

test.each(blocks.filter(({ runs }) => runs))(
  '$name runs',
  async ({ file }) => {
    const flags = ['--conditions=@interpose/source', '--disable-warning=ExperimentalWarning', file];
    const { stderr } = await run(process.execPath, flags, { timeout: 30_000 });
    expect(stderr).toBe('');
  },
  60_000,
);

/** The TypeScript blocks of a page. Those marked `no-run` are only checked for their types. */
function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```ts( no-run)?\n(.*?)^```$/gms)].map(([, noRun, code = ''], index) => {
    const name = `${page} #${index + 1}`;
    const file = join(folder, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}.ts`);
    return { name, file, runs: noRun === undefined, code: `${code}\nexport {};\n` };
  });
}
