/** The one command behind `pnpm test`: runs every check through turbo, then says how many passed. */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';

/** Every check; `unit` counts its tests one by one, the others count as one each. */
const CHECKS = ['build', 'typecheck', 'lint', 'format:check', 'unused', 'unit', 'packed'];
const UNIT_REPORT = '.reports/unit.json';
const RUNS = '.turbo/runs';

interface TurboRun {
  tasks: { task: string; execution?: { exitCode: number | null } }[];
}

interface UnitReport {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
}

rmSync(UNIT_REPORT, { force: true });
rmSync(RUNS, { recursive: true, force: true });
await turbo();
const { passed, failed } = count();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function turbo(): Promise<void> {
  const flags = [
    '--concurrency=2',
    '--continue',
    '--summarize',
    '--output-logs=new-only',
    '--log-order=grouped',
  ];
  const child = spawn('turbo', ['run', ...CHECKS, ...flags], {
    stdio: 'inherit',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', () => resolve());
  });
}

function count(): { passed: number; failed: number } {
  const exits = new Map(readRun().tasks.map((task) => [task.task, task.execution?.exitCode]));
  let passed = 0;
  let failed = 0;
  for (const check of CHECKS) {
    // A check that never ran did not pass.
    const ok = exits.get(check) === 0;
    if (!ok) console.log(`failed: pnpm ${check}`);
    if (check !== 'unit') {
      if (ok) passed++;
      else failed++;
      continue;
    }
    const report = read(UNIT_REPORT) as UnitReport | undefined;
    const broken = report?.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    );
    passed += report?.numPassedTests ?? 0;
    failed += (report?.numFailedTests ?? 0) + (broken?.length ?? 0);
    // The runner may fail without a test that did, of an unhandled error for one.
    if (!ok && (report?.numFailedTests ?? 0) + (broken?.length ?? 0) === 0) failed++;
  }
  return { passed, failed };
}

function readRun(): TurboRun {
  try {
    const [newest] = readdirSync(RUNS).toSorted().toReversed();
    return (read(`${RUNS}/${newest}`) as TurboRun | undefined) ?? { tasks: [] };
  } catch {
    return { tasks: [] };
  }
}

function read(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
