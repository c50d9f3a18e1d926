import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('a bad day of one provider: nobody is left without an answer, in plain lines where there is no terminal', async () => {
  const flags = ['--conditions=@interpose/source', '--disable-warning=ExperimentalWarning'];
  const command = [...flags, join(import.meta.dirname, 'main.ts'), '--seconds', '5'];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, command, { env: {} });
  expect(stderr).toBe('');
  expect(stdout).not.toContain('\u001B');
  const lines = stdout.split('\n');
  expect(lines[0]).toMatch(
    /^ +time +the primary +its breaker +requests +backup +answered +by backup +failed +cut$/,
  );
  for (const phase of ['well', 'down', 'limited', 'stalling', 'well again']) {
    expect(lines.some((line) => new RegExp(`^ +\\d+\\.\\d s +${phase} `).test(line))).toBe(true);
  }
  const [, calls, byPrimary, byBackup, failed, cut] =
    /^(\d+) calls: (\d+) answered by the primary, (\d+) by the backup, (\d+) failed, (\d+) cut\.$/m.exec(
      stdout,
    ) ?? [];
  expect([calls, failed, cut]).toEqual(['100', '0', '0']);
  expect(Number(byPrimary) + Number(byBackup)).toBe(100);
  expect(Number(byBackup)).toBeGreaterThan(20);
  expect(stdout).toMatch(/^Why calls went to the backup: .*refused \d+/m);
}, 60_000);
