import type { Counts } from './tally.ts';

/** One look at the day. */
export interface Look {
  readonly seconds: number;
  readonly phase: string;
  readonly breaker: string;
  /** Requests that each provider got since the last look. */
  readonly primary: number;
  readonly backup: number;
  readonly counts: Counts;
  readonly notices: readonly string[];
}

const COLUMNS = [9, 12, 11, 9, 8, 9, 9, 7, 5] as const;
const HEAD = [
  'time',
  'the primary',
  'its breaker',
  'requests',
  'backup',
  'answered',
  'by backup',
  'failed',
  'cut',
];

/** Shows looks: as a table that stays in its place where there is a terminal, else a line each. */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly #rows: string[] = [];
  #drawn = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    if (!out.isTTY) this.#write(cells(HEAD));
  }

  show(look: Look): void {
    const { seconds, phase, breaker, primary, backup, counts } = look;
    const { by, failed, cut } = counts;
    const answered = Object.values(by).reduce((sum, count) => sum + count, 0);
    const row = cells([
      `${seconds.toFixed(1)} s`,
      phase,
      breaker,
      String(primary),
      String(backup),
      String(answered),
      String(by['backup'] ?? 0),
      String(failed),
      String(cut),
    ]);
    if (!this.#out.isTTY) {
      this.#write(row);
      return;
    }
    this.#rows.push(row);
    const lines = [
      cells(HEAD),
      ...this.#rows.slice(-12),
      '',
      ...look.notices.slice(-4).map((text) => `  ${text}`),
    ];
    this.#write(`${this.#drawn > 0 ? `\u001B[${this.#drawn}A\u001B[0J` : ''}${lines.join('\n')}`);
    this.#drawn = lines.length;
  }

  #write(text: string): void {
    this.#out.write(`${text}\n`);
  }
}

function cells(texts: readonly string[]): string {
  return texts.map((text, index) => text.padStart(COLUMNS[index] ?? 0)).join('  ');
}
