import { parseArgs } from 'node:util';
import type { SpendGroup } from '@interpose/budget';
import type { BooksLocation } from './books.ts';
import { dayNumber, dayOf, today } from './day.ts';
import type { Host } from './host.ts';
import { parsed } from './parsed.ts';
import { UsageError } from './usage-error.ts';

/** What `interpose spend` is asked for. */
export interface SpendOptions {
  readonly books: BooksLocation;
  readonly by: readonly SpendGroup[];
  /** First and last day, in UTC. */
  readonly from?: string;
  readonly to?: string;
  readonly format: 'table' | 'json' | 'csv';
}

export const SPEND_HELP = `Usage: interpose spend (--sqlite <file> | --redis <url>) [options]

Prints what model calls cost, from the books of a budget.

Books:
  --sqlite <file>    of sqlite({ path }). Only read. Or INTERPOSE_SQLITE
  --redis <url>      of redis({ url }). Or INTERPOSE_REDIS, so that a password
                     is not in the list of processes
  --prefix <prefix>  of the keys in Redis (default: interpose)

Report:
  --by <fields>      one or more of endpoint,tenant,user,model,day
                     (default: endpoint)
  --from <day>       the first day, as 2026-01-31 in UTC (default: all)
  --to <day>         the last one
  --last <n>d        the last n days, of which today is one
  --json             exact, for programs
  --csv              exact, for spreadsheets

  -h, --help

Exit code: 0; 1 when the books cannot be read; 2 for a wrong command line.
`;

const GROUPS: readonly string[] = ['endpoint', 'tenant', 'user', 'model', 'day'] satisfies SpendGroup[];

/**
 * Reads the command line.
 *
 * @returns undefined when it asks for help.
 * @throws {UsageError}
 */
export function spendOptions(args: readonly string[], host: Host): SpendOptions | undefined {
  const { values, positionals } = parsed(() =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        sqlite: { type: 'string' },
        redis: { type: 'string' },
        prefix: { type: 'string' },
        by: { type: 'string', multiple: true },
        from: { type: 'string' },
        to: { type: 'string' },
        last: { type: 'string' },
        json: { type: 'boolean' },
        csv: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }),
  );
  if (values.help) return undefined;
  if (positionals.length > 0) {
    throw new UsageError(`spend takes options only, got ${JSON.stringify(positionals[0])}`);
  }
  if (values.json && values.csv) throw new UsageError('--json and --csv exclude each other');
  return {
    books: booksOf(values, host),
    by: groupsOf(values.by),
    ...daysOf(values, host),
    format: values.json ? 'json' : values.csv ? 'csv' : 'table',
  };
}

interface Where {
  readonly sqlite?: string | undefined;
  readonly redis?: string | undefined;
  readonly prefix?: string | undefined;
}

/** What the command line says comes before the environment. */
function booksOf({ sqlite, redis, prefix }: Where, { env }: Host): BooksLocation {
  const isNamed = sqlite !== undefined || redis !== undefined;
  // An empty variable is none.
  const file = isNamed ? sqlite : env['INTERPOSE_SQLITE'] || undefined;
  const url = isNamed ? redis : env['INTERPOSE_REDIS'] || undefined;
  const names = isNamed ? '--sqlite and --redis' : 'INTERPOSE_SQLITE and INTERPOSE_REDIS';
  if (file !== undefined && url !== undefined) {
    throw new UsageError(`${names} are both given; name one place where the books are`);
  }
  if (url !== undefined) return { redis: url, ...(prefix !== undefined && { prefix }) };
  if (file === undefined) {
    throw new UsageError(
      'say where the books are: --sqlite <file> or --redis <url>; see interpose spend --help',
    );
  }
  if (prefix !== undefined) throw new UsageError('--prefix is of --redis, and the books are in a file');
  if (/^rediss?:/i.test(file)) throw new UsageError('--sqlite takes a file; a URL of Redis goes to --redis');
  return { sqlite: file };
}

function groupsOf(by: readonly string[] = ['endpoint']): SpendGroup[] {
  const groups = by.flatMap((fields) => fields.split(',')).map((field) => field.trim());
  const unknown = groups.find((group) => !GROUPS.includes(group));
  if (unknown !== undefined) {
    throw new UsageError(`--by takes ${GROUPS.join(', ')}; got ${JSON.stringify(unknown)}`);
  }
  return [...new Set(groups)] as SpendGroup[];
}

interface Days {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly last?: string | undefined;
}

function daysOf({ from, to, last }: Days, { clock }: Host): Pick<SpendOptions, 'from' | 'to'> {
  if (last !== undefined) {
    if (from !== undefined || to !== undefined) {
      throw new UsageError('--last excludes --from and --to');
    }
    const days = Number(/^(\d{1,5})d$/.exec(last)?.[1]);
    if (!(days > 0)) throw new UsageError(`--last must be like 7d, got ${JSON.stringify(last)}`);
    const now = today(clock.now());
    return { from: dayOf(now - days + 1), to: dayOf(now) };
  }
  for (const [option, day] of Object.entries({ from, to })) {
    if (day === undefined || dayNumber(day) !== undefined) continue;
    throw new UsageError(`--${option} must be a day such as 2026-01-31, got ${JSON.stringify(day)}`);
  }
  if (from !== undefined && to !== undefined && from > to) {
    throw new UsageError(`--from ${from} is after --to ${to}`);
  }
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}
