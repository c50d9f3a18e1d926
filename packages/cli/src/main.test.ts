import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { sqliteLedger } from '@interpose/sqlite';
import { fakeClock } from '@interpose/testing';
import { expect, test } from 'vitest';
import { folder, post, run } from './cli.test-support.ts';

test('--last counts days in UTC back from today, while the books are in use', async () => {
  using place = folder();
  await using ledger = sqliteLedger({ path: place.file });
  for (const day of ['2026-01-24', '2026-01-25', '2026-01-31', '2026-02-01']) await post(ledger, { day });
  const clock = fakeClock({ now: Date.UTC(2026, 0, 31, 23, 59, 59, 999) });
  const { stdout } = await run(['spend', '--last', '7d', '--by', 'day', '--sqlite', place.file], { clock });
  expect(stdout).toBe(`Spend from 2026-01-25 to 2026-01-31, UTC

day         calls  tokens in  tokens out        USD
2026-01-25      1         10           5  0.0000001
2026-01-31      1         10           5  0.0000001
total           2         20          10  0.0000002
`);
});

test('empty books say so, in whatever form', async () => {
  using place = folder();
  await sqliteLedger({ path: place.file }).close();
  const said = async (...args: string[]) =>
    run(['spend', ...args], { env: { INTERPOSE_SQLITE: place.file } });
  expect(await said()).toEqual({ stdout: 'Nothing was spent, by the books.\n', stderr: '', end: 0 });
  expect((await said('--from', '2026-01-01')).stdout).toBe(
    'Nothing was spent from 2026-01-01, by the books.\n',
  );
  expect((await said('--csv')).stdout).toBe(
    'endpoint,calls,input_tokens,output_tokens,unpriced_calls,cost_nano_usd,cost_usd\r\n',
  );
  expect(JSON.parse((await said('--json')).stdout)).toMatchObject({
    from: null,
    rows: [],
    total: { usd: '0.00' },
  });
});

test('a file that has no books is told of, and not made', async () => {
  using place = folder();
  const said = async (): Promise<unknown> => {
    const { stdout, stderr, end } = await run(['spend', '--sqlite', place.file]);
    return [stdout + stderr.replace(place.file, 'FILE'), end];
  };
  expect(await said()).toEqual([
    'interpose: sqlite: FILE does not exist, and is not made in order to be read\n',
    1,
  ]);
  expect(readdirSync(place.path)).toEqual([]);
  writeFileSync(place.file, 'Dear diary, '.repeat(500));
  expect(await said()).toEqual(['interpose: sqlite: FILE is no SQLite database\n', 1]);
});

test.each([
  [[], 'Usage: interpose <command>'],
  [['sepnd'], 'interpose: there is no command "sepnd"; see interpose --help'],
  [['constructor'], 'interpose: there is no command "constructor"; see interpose --help'],
  [['--verbose'], "interpose: unknown option '--verbose'"],
  [['spend'], 'interpose: say where the books are: --sqlite <file> or --redis <url>'],
  [['spend', '--sqlit', 'x'], "interpose: unknown option '--sqlit'"],
  [['spend', '--sqlite'], "interpose: option '--sqlite <value>' argument missing"],
  [['spend', '--sqlite', '--json'], "interpose: option '--sqlite' argument is ambiguous"],
  [['spend', '--sqlite', 'x', '--json=yes'], "interpose: option '--json' does not take an argument"],
  [['spend', '--sqlite', ''], 'interpose: sqliteLedger: path must be a non-empty string, got ""'],
  [['spend', '--sqlite', 'x', '--redis', 'y'], 'interpose: --sqlite and --redis are both given'],
  [['spend', '--sqlite', 'x', '--prefix', 'y'], 'interpose: --prefix is of --redis'],
  [['spend', '--sqlite', 'x', 'y'], 'interpose: spend takes options only, got "y"'],
  [['spend', '--sqlite', 'x', '--json', '--csv'], 'interpose: --json and --csv exclude each other'],
  [
    ['spend', '--sqlite', 'x', '--by', 'day,key'],
    'interpose: --by takes endpoint, tenant, user, model, day; got "key"',
  ],
  [
    ['spend', '--sqlite', 'x', '--from', '2026-02-30'],
    'interpose: --from must be a day such as 2026-01-31, got "2026-02-30"',
  ],
  [
    ['spend', '--sqlite', 'x', '--to', 'today'],
    'interpose: --to must be a day such as 2026-01-31, got "today"',
  ],
  [
    ['spend', '--sqlite', 'x', '--from', '2026-02-02', '--to', '2026-02-01'],
    'interpose: --from 2026-02-02 is after --to 2026-02-01',
  ],
  [['spend', '--sqlite', 'x', '--last', '0d'], 'interpose: --last must be like 7d, got "0d"'],
  [
    ['spend', '--sqlite', 'x', '--last', '7d', '--to', '2026-01-01'],
    'interpose: --last excludes --from and --to',
  ],
  [['spend', '--redis', 'localhost:6379'], 'interpose: redis: url must be like redis://host:6379/0'],
  [
    ['spend', '--redis', 'redis://localhost', '--prefix', '{x}'],
    'interpose: redis: prefix must be a non-empty string without braces, got "{x}"',
  ],
])('%j is refused with a word, and 2', async (args, words) => {
  const { stdout, stderr, end } = await run(args);
  expect([stdout, end]).toEqual(['', 2]);
  expect(stderr.slice(0, words.length)).toBe(words);
  if (args.length > 0) expect(stderr.split('\n')).toHaveLength(2);
});

test('one place in the environment, and what is on the command line comes before', async () => {
  using place = folder();
  await sqliteLedger({ path: place.file }).close();
  const both = { INTERPOSE_SQLITE: 'x', INTERPOSE_REDIS: 'redis://localhost' };
  expect(await run(['spend'], { env: both })).toEqual({
    stdout: '',
    stderr:
      'interpose: INTERPOSE_SQLITE and INTERPOSE_REDIS are both given; name one place where the books are\n',
    end: 2,
  });
  expect((await run(['spend', '--sqlite', place.file], { env: both })).end).toBe(0);
  expect((await run(['spend'], { env: { INTERPOSE_SQLITE: place.file, INTERPOSE_REDIS: '' } })).end).toBe(0);
});

test('--help and --version', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(await run(['--version'])).toEqual({ stdout: `${version}\n`, stderr: '', end: 0 });
  const [top, short, spend] = await Promise.all([run(['--help']), run(['-h']), run(['spend', 'x', '-h'])]);
  expect(short).toEqual(top);
  expect([top.stdout.split('\n')[0], top.stderr, top.end]).toEqual(['Usage: interpose <command>', '', 0]);
  expect(spend.stdout).toMatch(/^Usage: interpose spend \(--sqlite <file> \| --redis <url>\) \[options\]\n/);
  for (const line of (top.stdout + spend.stdout).split('\n')) expect(line.length).toBeLessThan(80);
});

test('no password is repeated, wherever it was given by mistake', async () => {
  const url = 'redis://me:s3cret/w1th@s1gns@127.0.0.1:1';
  const wrong = [
    [url],
    ['spend', url],
    ['spend', `--redis=${url}`],
    ['spend', '--redis', 'redis://me:s3cret@127.0.0.1:1'],
    ['spend', '--sqlite', url],
    ['spend', '--sqlite', `./${url}`],
    ['spend', `--redis:${url}`],
    ['spend', '--sqlite', 'x', '--from', url],
    ['spend', '--sqlite', 'x', '--by', url],
    ['spend', '--redis', 'redis://127.0.0.1:1', '--prefix', `{${url}}`],
  ];
  const said = await Promise.all(wrong.map((args) => run(args)));
  const all = said.map(({ stdout, stderr }) => stdout + stderr);
  expect(said.map(({ end }) => end)).toEqual([2, 2, 2, 1, 2, 1, 2, 2, 2, 2]);
  expect(all.filter((text) => /s3cret|w1th|s1gns/.test(text))).toEqual([]);
});
