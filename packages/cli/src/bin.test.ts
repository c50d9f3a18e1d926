import { execFile, spawn } from 'node:child_process';
import { openSync, readFileSync, readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { budget } from '@interpose/budget';
import { CLOCK, PRICES, TOKEN_COUNTER, provide, type Prices } from '@interpose/core';
import { interpose, layerOf, tags } from '@interpose/openai';
import { sqlite, sqliteLedger } from '@interpose/sqlite';
import { fakeClock, fakeProvider } from '@interpose/testing';
import OpenAI from 'openai';
import { expect, test, vi } from 'vitest';
import { COMMAND, ended, folder, post, start } from './cli.test-support.ts';

// Each starts processes.
vi.setConfig({ testTimeout: 60_000 });

const DAY = '1d';

/** In nano-USD: 150 for a token in, 600 for one out. */
const prices: Prices = {
  price: (model, { inputTokens, outputTokens }) =>
    model.startsWith('gpt') ? 150 * inputTokens + 600 * outputTokens : null,
};

/** Two weeks of a layer with a budget over books in the file. */
async function twoWeeks(path: string): Promise<void> {
  const clock = fakeClock({ now: Date.UTC(2026, 0, 1, 12) });
  const script = Array.from({ length: 200 }, (_, n) => ({
    usage: { inputTokens: 1000 + 50 * n, outputTokens: 10 * n },
  }));
  const provider = fakeProvider.inProcess({ script });
  const bare = new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', fetch: provider.fetch });
  const openai = interpose(bare, [
    budget({ limits: [{ per: 'endpoint', usd: 5, every: 'day' }], unknownModel: 'allow' }),
    sqlite({ path }),
    provide(CLOCK, clock),
    provide(PRICES, prices),
    provide(TOKEN_COUNTER, { input: () => 10, text: () => 10 }),
  ]);
  const ask = (endpoint: string, model = 'gpt-4o-mini') =>
    openai.chat.completions.create(
      { model, max_completion_tokens: 5, messages: [{ role: 'user', content: 'hi' }] },
      tags({ endpoint, tenant: 'acme' }),
    );
  for (let day = 1; day <= 14; day++) {
    for (let call = 0; call < day % 5; call++) await ask('summarize');
    if (day > 9) await ask('search');
    await clock.advance(DAY);
  }
  await ask('greeting', 'in-house-7b');
  await layerOf(openai)?.close();
}

const TABLE = `Spend from 2026-01-01 to 2026-01-15, UTC

endpoint   calls  tokens in  tokens out  unpriced        USD  per day
summarize     30     53,250       4,650         0  0.0107775  ▁▂▃▄ ▁▃▄▆ ▂▄▆█
search         5     11,500       1,300         0  0.0025050           ▆▆▇██
greeting       1      2,750         350         1  0.0000000
total         36     67,500       6,300         1  0.0132825  ▁▁▂▃ ▁▂▃▅▂▃▄▆█

1 call has no known price and is not in the USD above.
`;

test('prints what a layer has spent', async () => {
  using place = folder();
  await twoWeeks(place.file);
  expect(await ended(start(['spend', '--sqlite', place.file]))).toEqual({
    stdout: TABLE,
    stderr: '',
    end: 0,
  });
  // The page shows the very thing.
  expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(TABLE);
  expect(readdirSync(place.path)).toEqual(['spend.db']);

  const byModel = ['spend', '--by=tenant,model', '--by', 'day', '--from=2026-01-13', '--to', '2026-02-01'];
  const env = { INTERPOSE_SQLITE: place.file };
  expect(await ended(start(byModel, env))).toEqual({
    stdout: `Spend from 2026-01-13 to 2026-02-01, UTC

tenant  model        day         calls  tokens in  tokens out  unpriced       USD
acme    gpt-4o-mini  2026-01-13      4      9,500       1,100         0  0.002085
acme    gpt-4o-mini  2026-01-14      5     13,000       1,600         0  0.002910
acme    in-house-7b  2026-01-15      1      2,750         350         1  0.000000
total                               10     25,250       3,050         1  0.004995

1 call has no known price and is not in the USD above.
`,
    stderr: '',
    end: 0,
  });
  expect((await ended(start([...byModel, '--csv'], env))).stdout).toBe(
    `tenant,model,day,calls,input_tokens,output_tokens,unpriced_calls,cost_nano_usd,cost_usd
acme,gpt-4o-mini,2026-01-13,4,9500,1100,0,2085000,0.002085
acme,gpt-4o-mini,2026-01-14,5,13000,1600,0,2910000,0.00291
acme,in-house-7b,2026-01-15,1,2750,350,1,0,0.00
`.replaceAll('\n', '\r\n'),
  );
  expect((await ended(start(['spend', '--json', '--from', '2026-01-14', '--to', '2026-01-14'], env))).stdout)
    .toBe(`{
  "version": 1,
  "from": "2026-01-14",
  "to": "2026-01-14",
  "by": [
    "endpoint"
  ],
  "rows": [
    {
      "endpoint": "summarize",
      "calls": 4,
      "inputTokens": 10300,
      "outputTokens": 1260,
      "unpriced": 0,
      "nanoUsd": 2301000,
      "usd": "0.002301"
    },
    {
      "endpoint": "search",
      "calls": 1,
      "inputTokens": 2700,
      "outputTokens": 340,
      "unpriced": 0,
      "nanoUsd": 609000,
      "usd": "0.000609"
    }
  ],
  "total": {
    "calls": 5,
    "inputTokens": 13000,
    "outputTokens": 1600,
    "unpriced": 0,
    "nanoUsd": 2910000,
    "usd": "0.00291"
  }
}
`);
});

test('a reader that has enough ends it without a word', async () => {
  using place = folder();
  await using ledger = sqliteLedger({ path: place.file });
  for (let user = 0; user < 3000; user++) await post(ledger, { user: `user-${user}-${'x'.repeat(200)}` });
  const command = [...COMMAND, 'spend', '--by', 'user', '--sqlite', place.file].map((word) => `'${word}'`);
  const { stdout, stderr } = await promisify(execFile)('bash', [
    '-c',
    `set -o pipefail; ${command.join(' ')} | head -1; echo $?`,
  ]);
  expect([stdout, stderr]).toEqual(['Spend from 2026-01-31 to 2026-01-31, UTC\n0\n', '']);
});

test.runIf(process.platform === 'linux')('a full disk is an error', async () => {
  using place = folder();
  await sqliteLedger({ path: place.file }).close();
  const [node = '', ...rest] = COMMAND;
  const child = spawn(node, [...rest, 'spend', '--sqlite', place.file], {
    stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
  });
  expect(await ended(child)).toMatchObject({
    stderr: expect.stringMatching(/^interpose: cannot write: ENOSPC.*\n$/),
    end: 1,
  });
});

test('a wrong command line is 2, and a file that is not there 1', async () => {
  expect(await ended(start(['sepnd']))).toEqual({
    stdout: '',
    stderr: 'interpose: there is no command "sepnd"; see interpose --help\n',
    end: 2,
  });
  expect(await ended(start(['spend', '--sqlite', '/nowhere/spend.db']))).toEqual({
    stdout: '',
    stderr: 'interpose: sqlite: /nowhere/spend.db does not exist, and is not made in order to be read\n',
    end: 1,
  });
});

test.runIf(process.platform === 'linux')(
  'on a terminal: as wide as that, and strong unless NO_COLOR says no',
  async () => {
    using place = folder();
    await using ledger = sqliteLedger({ path: place.file });
    await post(ledger, {
      endpoint: 'a name that is longer than what there is room for',
      cost: 1_500_000_000,
    });
    const command = [...COMMAND, 'spend', '--sqlite', place.file].map((word) => `'${word}'`).join(' ');
    const onTerminal = async (env: Record<string, string>): Promise<string> => {
      const { stdout } = await promisify(execFile)(
        'script',
        ['-qec', `stty cols 70; ${command}`, '/dev/null'],
        {
          env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', ...env },
        },
      );
      return stdout.replaceAll('\r\n', '\n').replaceAll('\u001b', 'ESC');
    };
    const table = `Spend from 2026-01-31 to 2026-01-31, UTC

ESC[1mendpoint                   calls  tokens in  tokens out   USD  per dayESC[22m
a name that is longer th…      1         10           5  1.50  █
ESC[1mtotal                          1         10           5  1.50  █ESC[22m
`;
    expect(await onTerminal({})).toBe(table);
    expect(await onTerminal({ NO_COLOR: '1' })).toBe(table.replaceAll(/ESC\[\d+m/g, ''));
  },
);

test('a Node without SQLite is told of', async () => {
  const hidden = `
    import { registerHooks } from 'node:module';
    const alike = (name) => (name === 'node:sqlite' ? 'node:sqlite-of-later' : name);
    registerHooks({ resolve: (name, from, next) => next(alike(name), from) });`;
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(hidden)}`];
  expect(await ended(start(['spend', '--sqlite', 'x'], {}, preload))).toEqual({
    stdout: '',
    stderr: `interpose: books in SQLite need Node 22.15 or later, and this is ${process.version}\n`,
    end: 1,
  });
});
