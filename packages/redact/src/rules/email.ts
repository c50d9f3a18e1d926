import type { Rule } from '../rule.ts';

/** Scripts that put spaces between words: their letters can only belong to the address. */
const LETTERS = String.raw`A-Za-z0-9\u00c0-\u024f\u0370-\u052f\u0590-\u06ff\u0900-\u0dff`;
/** Scripts that do not: beside a Latin address they are the sentence, on their own they are an address of theirs. */
const UNSPACED = String.raw`\u0e00-\u0eff\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af`;

const LOCAL = `[${LETTERS}_.%+~&#$!*'-]`;
const LABEL = `(?:[${LETTERS}-]{1,63}|[${UNSPACED}]{1,63})`;

/** Ends of file names, and of what else stands after an `@`, that are no top-level domain. */
const NO_DOMAIN = new Set(
  (
    'png jpg jpeg gif svg webp avif bmp ico tif tiff pdf js mjs cjs jsx ts tsx mts cts css scss less html htm xml json ' +
    'yaml yml toml ini conf cfg log txt csv tar gz tgz bz2 xz exe dll jar war class lock map snap service socket timer ' +
    'target mount'
  ).split(' '),
);

/** Whether the part behind the `@` can be a domain of the public internet, by RFC 1035, RFC 5890 and the root zone. */
function isDomain(domain: string): boolean {
  const top = domain.slice(domain.lastIndexOf('.') + 1);
  if (!/^(?:[^\d_-]{2,24}|xn--.+)$/i.test(top) || NO_DOMAIN.has(top.toLowerCase())) return false;
  return !/^-|-(?:\.|$)|\.-/.test(domain);
}

/** E-mail addresses, by the practical part of RFC 5321 and RFC 6531. */
export const emailRule: Rule = {
  id: 'email',
  kind: 'EMAIL',
  // The user and the password of a URL are taken along, so that they are not taken for an address.
  pattern: new RegExp(
    String.raw`:\/\/[^\s/@"'<>]{1,200}@|(?:(?<!${LOCAL})${LOCAL.replace("'", '')}${LOCAL}{0,63}|(?<![${UNSPACED}])[${UNSPACED}]{1,64})@${LABEL}(?:\.${LABEL}){1,8}`,
  ),
  keywords: ['@'],
  maxLength: 650,
  validate({ text }) {
    if (text.startsWith('://') || text.length > 320) return false;
    const at = text.lastIndexOf('@');
    const [local, domain] = [text.slice(0, at), text.slice(at + 1)];
    // `git@github.com:acme/app` is a remote, and no mailbox of anybody.
    if (local === 'git' || local.startsWith('.') || local.endsWith('.') || local.includes('..')) return false;
    return isDomain(domain);
  },
  examples: {
    match: [
      'ana@example.com',
      'Write to jo.o-neil+news@mail.example.co.uk.',
      '<ana_1@example.org>',
      'mailto:ana@example.net?subject=hi',
      'jürgen@müller.example',
      'почта@пример.рф',
      '用户@例子.广告',
      '请联系zhang@example.com。',
      "o'hara@example.com",
      'email=ana@example.com&x=1',
    ],
    noMatch: [
      'logo@2x.png',
      'npm i @scope/pkg@1.2.3',
      'git@github.com:acme/app.git',
      'postgres://app:s3cr3t@db.example.com/x',
      'user@localhost',
      'a@b',
      '@example.com',
      'getty@tty1.service',
    ],
  },
};
