import type { Rule } from '../../src/rule.ts';
import { defaultRules, furtherPersonalRules, secretRules } from '../../src/rules/index.ts';
import { scan } from '../../src/scan.test-support.ts';
import { printScores, scoresOf } from './by-rule.ts';
import { AROUND_TOKEN, ASSIGNMENTS, CREDENTIALS } from './contexts.ts';
import { Draw } from './draw.ts';
import { HARMLESS, SENTENCES, VALUES } from './people.ts';
import { NAMED, PASSWORD_NAMES, TOKENS, password } from './secrets.ts';
import { TRAPS } from './traps.ts';

// Prints recall, precision and confusion of each rule, then of all on texts that were labelled without them, with what was
// missed: `node corpus/src/main.ts [seed] [how many of these]`.
const draw = new Draw(Number(process.argv[2] ?? 1));
const ROUNDS = 4;

/** Counts by kind, with a few of what went wrong. */
class Score {
  readonly #kinds = new Map<string, { right: number; wrong: number; seen: string[] }>();

  add(kind: string, isRight: boolean, text: string): void {
    const entry = this.#kinds.get(kind) ?? { right: 0, wrong: 0, seen: [] };
    this.#kinds.set(kind, entry);
    if (isRight) entry.right++;
    else {
      entry.wrong++;
      if (entry.seen.length < 60) entry.seen.push(text);
    }
  }

  print(title: string, shown: number): void {
    const all = [...this.#kinds.values()];
    const right = all.reduce((sum, each) => sum + each.right, 0);
    const total = right + all.reduce((sum, each) => sum + each.wrong, 0);
    console.log(`\n${title}: ${right} of ${total}, ${(right / total).toFixed(4)}`);
    for (const [kind, { right, wrong, seen }] of this.#kinds) {
      if (wrong === 0) continue;
      console.log(`  ${kind}: ${right} of ${right + wrong}`);
      for (const text of seen.slice(0, shown)) console.log(`    ${JSON.stringify(text).slice(0, 200)}`);
    }
  }
}

const shown = Number(process.argv[3] ?? 3);
const harmless = [...HARMLESS, ...TRAPS].flatMap((make) => Array.from({ length: 20 }, () => make(draw)));
const further = scoresOf([...defaultRules, ...furtherPersonalRules], [], draw).slice(defaultRules.length);
printScores([...scoresOf(defaultRules, harmless, draw), ...further]);
const put = (template: string, values: Record<string, string>) =>
  template.replaceAll(/%([a-z])/g, (whole, letter: string) => values[letter] ?? whole);

/** Whether what was found covers all of a text, wherever it stands. */
function covers(rules: readonly Rule[], text: string, secret: string): boolean {
  const start = text.indexOf(secret);
  const marks = scan(rules, text).filter((found) => found.start < start + secret.length && start < found.end);
  const length = marks.reduce(
    (sum, found) => sum + Math.min(found.end, start + secret.length) - Math.max(found.start, start),
    0,
  );
  return length === secret.length;
}

const recall = new Score();
for (let round = 0; round < ROUNDS; round++) {
  for (const [kind, make] of Object.entries(TOKENS)) {
    for (const template of AROUND_TOKEN) {
      const secret = make(draw);
      const text = put(template, { s: secret });
      recall.add(`token ${kind}`, covers(secretRules, text, secret), text);
    }
  }
  for (const template of ASSIGNMENTS) {
    for (const [name, make] of NAMED) {
      const secret = make(draw);
      const text = put(template, { n: name, s: secret, q: `"${secret}"` });
      recall.add(`named ${template}`, covers(secretRules, text, secret), text);
    }
    for (const name of PASSWORD_NAMES) {
      const secret = password(draw);
      const text = put(template, { n: name, s: secret, q: `"${secret}"` });
      recall.add(`password ${template}`, covers(secretRules, text, secret), text);
    }
  }
  for (const template of CREDENTIALS) {
    for (let turn = 0; turn < 12; turn++) {
      const secret = password(draw).replaceAll(/[@#&?/%:;]/g, '!');
      const text = put(template, { u: draw.pick(['app', 'root', 'ana']), e: secret });
      recall.add(`credential ${template}`, covers(secretRules, text, secret), text);
    }
  }
}
recall.print('secrets found', shown);

const quiet = new Score();
for (let round = 0; round < ROUNDS * 20; round++) {
  for (const [at, trap] of TRAPS.entries()) {
    const text = trap(draw);
    const found = scan(secretRules, text);
    quiet.add(
      `trap ${at}`,
      found.length === 0,
      `${text} -> ${found.map(({ rule, text }) => `${rule.id} ${text}`).join(', ')}`,
    );
  }
}
quiet.print('traps passed', shown);

const hits = new Score();
const clean = new Score();
for (let round = 0; round < ROUNDS * 5; round++) {
  for (const [kind, make] of Object.entries(VALUES)) {
    for (const sentence of SENTENCES) {
      const value = make(draw);
      const text = put(sentence, { s: value });
      const start = text.indexOf(value);
      const found = scan(defaultRules, text);
      const isHit = found.some((one) => one.rule.kind === kind && one.start === start && one.text === value);
      hits.add(kind, isHit, `${text} -> ${found.map(({ rule, text }) => `${rule.kind} ${text}`).join(', ')}`);
      for (const one of found)
        clean.add(one.rule.id, one.start === start && one.rule.kind === kind, `${text} -> ${one.text}`);
    }
  }
  for (const harmless of HARMLESS) {
    const text = harmless(draw);
    for (const one of scan(defaultRules, text)) clean.add(one.rule.id, false, `${text} -> ${one.text}`);
  }
}
hits.print('personal data found, to the letter', shown);
clean.print('findings that are right', shown);
