import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ConfigurationError, InterposeError } from '@interpose/core';
import type { Host } from './host.ts';
import { visible } from './text.ts';
import { spend } from './spend.ts';
import { parsed } from './parsed.ts';
import { UsageError } from './usage-error.ts';

const HELP = `Usage: interpose <command>

Commands:
  spend      what model calls cost, from the books of a budget

Options:
  -h, --help
  -v, --version

interpose <command> --help tells more.
`;

/** By name. Each returns when all is written. */
const COMMANDS: Readonly<Record<string, (args: readonly string[], host: Host) => Promise<void>>> = { spend };

/**
 * Runs a command line.
 *
 * @param args what comes after the name of the program.
 * @returns the exit code: 0; 1 when it could not be done; 2 when it could not be understood.
 */
export async function main(args: readonly string[], host: Host): Promise<number> {
  try {
    return await run(args, host);
  } catch (error) {
    host.stderr.write(`interpose: ${explained(error)}\n`);
    return error instanceof UsageError || error instanceof ConfigurationError ? 2 : 1;
  }
}

async function run([name, ...rest]: readonly string[], host: Host): Promise<number> {
  if (name === undefined) {
    host.stderr.write(HELP);
    return 2;
  }
  if (name.startsWith('-')) {
    const { values } = parsed(() =>
      parseArgs({
        args: [name, ...rest],
        options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } },
      }),
    );
    host.stdout.write(values.version ? `${version()}\n` : HELP);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new UsageError(`there is no command ${JSON.stringify(name)}; see interpose --help`);
  await command(rest, host);
  return 0;
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** An error in words: those of a foreign one with the place where it came from. */
function explained(error: unknown): string {
  const { message, stack, code } = error as Error & { code?: unknown };
  const ours = error instanceof InterposeError || /^(?:sqlite|redis)_/.test(String(code));
  const text = ours ? message : String(stack ?? error);
  return (
    text
      .split('\n')
      .map(visible)
      // Wherever a URL was given by mistake: what is before the host may be a password.
      .map((line) => line.replace(/:\/\/.*@/, '://***@'))
      .join('\n')
  );
}
