import type { Draw } from './draw.ts';

const NAMES = [
  'ana',
  'john.smith',
  'li_wei',
  'marie-claire',
  'o.garcia',
  'k.novak',
  'yuki',
  'ivan77',
  'sofia+shop',
  'pete',
];
const DOMAINS = [
  'example.com',
  'example.org',
  'mail.example.co.uk',
  'example.net',
  'acme-shop.de',
  'gmail.com',
  'web.de',
  'firma.com.br',
];

function luhn(digits: string): string {
  const sum = digits
    .split('')
    .toReversed()
    .reduce((total, digit, at) => {
      const value = Number(digit) * (at % 2 === 0 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return digits + String((10 - (sum % 10)) % 10);
}

function card(d: Draw): string {
  const [prefix, length] = d.pick([
    ['4', 16],
    ['51', 16],
    ['55', 16],
    ['2221', 16],
    ['34', 15],
    ['37', 15],
    ['6011', 16],
    ['36', 14],
    ['3528', 16],
  ] as const);
  const digits = luhn(prefix + d.digits(length - prefix.length - 1));
  const gap = d.pick(['', '', ' ', '-']);
  const groups = length === 16 ? /^(.{4})(.{4})(.{4})(.{4})$/ : /^(.{4})(.{6})(.+)$/;
  return groups.exec(digits)?.slice(1).join(gap) ?? digits;
}

const BBANS: readonly (readonly [string, string])[] = [
  ...([
    ['DE', '#'.repeat(18)],
    ['FR', '#'.repeat(23)],
    ['GB', 'NWBK' + '#'.repeat(14)],
    ['ES', '#'.repeat(20)],
  ] as const),
  ...([
    ['IT', 'X' + '#'.repeat(22)],
    ['NL', 'ABNA' + '#'.repeat(10)],
    ['BE', '#'.repeat(12)],
    ['CH', '#'.repeat(17)],
  ] as const),
  ...([
    ['AT', '#'.repeat(16)],
    ['PL', '#'.repeat(24)],
    ['NO', '#'.repeat(11)],
    ['SE', '#'.repeat(20)],
  ] as const),
];

function iban(d: Draw): string {
  const [country, form] = d.pick(BBANS);
  const bban = d.digitsLike(form);
  const letters = `${bban}${country}00`
    .split('')
    .map((letter) => Number.parseInt(letter, 36))
    .join('');
  const check = String(98n - (BigInt(letters) % 97n)).padStart(2, '0');
  const whole = `${country}${check}${bban}`;
  return d.pick([whole, whole.replaceAll(/.{4}(?=.)/g, '$& ')]);
}

const PHONES = [
  ...'+1-%##-555-####;+1 (%##) 555-####;(%##) 555-####;%##-555-####;%##.555.####;(%##)555-####x###'.split(
    ';',
  ),
  ...'001-%##-555-####x##;+44 20 7946 0###;020 7946 0###;(01632) 960###;07700 900###;+447700900###'.split(
    ';',
  ),
  ...'+49 30 901820##;030/901820##;0170 12345##;+49 (0) 89 123 45##;(089) 12345##;+33 6 39 98 %# ##'.split(
    ';',
  ),
  ...'06 39 98 %# ##;0639 98 %###;+34 612 3## ###;612 3## ###;+39 347 %######;347 %######;02 12345##'.split(
    ';',
  ),
  ...'+55 11 9%###-####;(11) 9%###-####;+81 90-%###-####;090-%###-####;03-%###-####;138%#######;+86 138 %### ####'.split(
    ';',
  ),
  ...'+91 98%## #####;98%## #####;+7 (912) %##-##-##;8 (912) %##-##-##;+90 535 %## ## ##;0535 %## ## ##'.split(
    ';',
  ),
  ...'+61 4## ### ###;04%# ### ###;+41 44 668 1# ##;044 668 1# ##;+46 8 %## ## ##;08-%## ## ##;+48 5%# ### ###'.split(
    ';',
  ),
  ...'+31 6 %#######;06-%#######;+82 10-%###-####;010-%###-####;+420 6%# ### ###;+972 52-%######;+27 82 %## ####'.split(
    ';',
  ),
];

const IPV6 = (d: Draw) =>
  d.pick([
    `2001:db8::${d.hex(4)}`,
    Array.from({ length: 8 }, () => d.hex(4)).join(':'),
    `fe80::${d.hex(3)}:${d.hex(4)}`,
    '::1',
    `2a02:${d.hex(3)}:${d.hex(4)}::${d.hex(2)}`,
  ]);

/** Values of each kind, by the registry or the habit that they follow. */
export const VALUES: Readonly<Record<string, (draw: Draw) => string>> = {
  EMAIL: (d) => `${d.pick(NAMES)}@${d.pick(DOMAINS)}`,
  CARD: card,
  IBAN: iban,
  SSN: (d) => `${d.int(100, 665)}-${d.int(10, 99)}-${d.int(1000, 9999)}`,
  IP: (d) => (d.next() < 0.6 ? [1, 2, 3, 4].map(() => d.int(1, 254)).join('.') : IPV6(d)),
  PHONE: (d) => d.digitsLike(d.pick(PHONES)),
};

/** What people write around them. `%s` is the value. */
export const SENTENCES: readonly string[] = [
  'My contact is %s.',
  'Please write to %s, thanks!',
  '%s',
  'Customer Ana Novak, 12 Main St, %s, premium since 2019.',
  'Meine Daten: %s (seit 2021).',
  'Je vous envoie %s pour la suite.',
  'Mi dato es %s, gracias.',
  '我的信息是%s。',
  'Мои данные: %s, спасибо.',
  'Hola, soy Luis; anota esto: %s',
  '{"value":"%s","n":1}',
  '<td>%s</td>',
  'user,%s,2024-05-01,12.50',
  'I lost it: "%s" was on the form',
  'Was it %s or not?',
  'Il mio è %s.\nGrazie',
  'Update record to %s\n',
];

/** Numbers and marks that are none of those. */
export const HARMLESS: readonly ((draw: Draw) => string)[] = [
  (d) => `Order ${d.digits(3)}-${d.digits(7)}-${d.digits(7)} left on ${d.int(1, 28)}.0${d.int(1, 9)}.2024.`,
  (d) => `Invoice #${d.digits(10)} of 2024-0${d.int(1, 9)}-1${d.int(0, 9)}`,
  (d) => `version ${d.int(1, 9)}.${d.int(0, 9)}.${d.int(0, 9)}.${d.int(0, 9)} is out`,
  (d) => `at ${d.int(10, 23)}:${d.int(10, 59)}:${d.int(10, 59)} on 0${d.int(1, 9)}/1${d.int(0, 9)}/2023`,
  (d) => `ISBN 978-3-16-${d.digits(6)}-${d.digits(1)}`,
  (d) => `id ${d.uuid()}`,
  (d) => `ts=17${d.digits(11)} n=${d.digits(5)}`,
  (d) => `logo@${d.int(2, 3)}x.png and react@18.${d.int(0, 9)}.${d.int(0, 9)}`,
  (d) => `git@github.com:acme/app-${d.lower(4)}.git`,
  (d) => `std::vector<int> v${d.int(1, 9)}; foo::bar();`,
  (d) => `1.3.6.1.4.1.${d.digits(4)}.${d.int(1, 9)}`,
  (d) =>
    `${d.int(1, 9)} ${d.digits(3)} ${d.digits(3)} inhabitants, ${d.int(1, 99)},${d.digits(3)} of them new`,
  (d) => `Mozilla/5.0 Chrome/${d.int(100, 130)}.0.0.0 Safari/537.36`,
  (d) => `52.${d.digits(4)}, 13.${d.digits(4)}`,
  (d) => `ZIP ${d.digits(5)}-${d.digits(4)}, EIN ${d.digits(2)}-${d.digits(7)}`,
  (d) => `${d.int(1, 12)}/${d.int(10, 28)}/2022 ${d.int(1, 12)}:30 PM, room ${d.digits(3)}`,
  (d) => `commit ${d.hex(40)}, ${d.digits(4)} lines`,
  (d) => `@acme/pkg@${d.int(1, 9)}.2.3 needs node@${d.int(18, 24)}`,
  (d) => `price 1.${d.digits(3)}.${d.digits(3)},00 EUR, part 0${d.digits(3)}-A`,
  (d) => `00:1b:44:${d.hex(2)}:3a:b7 joined`,
  (d) => `case 2024-${d.digits(6)}, page ${d.int(1, 400)}-${d.int(401, 500)}`,
  (d) => `2024-0${d.int(1, 9)}-1${d.int(0, 9)}T10:${d.int(10, 59)}:00+02:00`,
];
