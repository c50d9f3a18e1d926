/** Packs every published package and checks the tarball as its users will get it: publint, attw, no install scripts. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];

const folder = mkdtempSync(join(tmpdir(), 'interpose-packed-'));
let failed = 0;
try {
  for (const name of readdirSync('packages')) check(name);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;

function check(name: string): void {
  try {
    const packed = run('pnpm', ['pack', '--json', '--pack-destination', folder], join('packages', name));
    const { filename } = JSON.parse(packed) as { filename: string };
    const tarball = filename.startsWith('/') ? filename : join(folder, filename);
    const manifest = run('tar', ['-xzOf', tarball, 'package/package.json']);
    const {
      scripts = {},
      dependencies = {},
      bin = {},
    } = JSON.parse(manifest) as Record<string, Record<string, string>>;
    const install = INSTALL_SCRIPTS.filter((script) => script in scripts);
    if (install.length > 0) throw new Error(`has install scripts: ${install.join(', ')}`);
    for (const [dependency, range] of Object.entries(dependencies)) {
      if (/^(workspace|catalog):/.test(range)) throw new Error(`depends on ${dependency}@${range}`);
    }
    const files = run('tar', ['-tzf', tarball]).split('\n');
    for (const file of [
      'package/README.md',
      'package/LICENSE',
      'package/dist/index.js',
      'package/dist/index.d.ts',
    ]) {
      if (!files.includes(file)) throw new Error(`lacks ${file}`);
    }
    for (const [command, path] of Object.entries(bin)) {
      const file = join('package', path);
      if (!run('tar', ['-tvzf', tarball, file]).startsWith('-rwxr-xr-x')) {
        throw new Error(`${command} is not executable`);
      }
      const [shebang] = run('tar', ['-xzOf', tarball, file]).split('\n');
      if (shebang !== '#!/usr/bin/env node') throw new Error(`${command} begins with ${shebang}`);
    }
    const stray = files.filter((file) => /\.test(-support)?\./.test(file));
    if (stray.length > 0) throw new Error(`has test files: ${stray.join(', ')}`);
    run('publint', ['run', tarball, '--strict']);
    run('attw', [tarball, '--profile', 'esm-only', '--format', 'ascii']);
    console.log(`${name}: ${readFileSync(tarball).length} bytes packed, sound`);
  } catch (error) {
    failed++;
    const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string };
    console.error(`${name}: ${message}\n${stdout ?? ''}${stderr ?? ''}`);
  }
}

function run(command: string, args: readonly string[], cwd = '.'): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
