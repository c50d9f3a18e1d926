import { isIPv6 } from 'node:net';
import type { Rule } from '../rule.ts';

const isByte = (part: string) => Number(part) < 256 && (part === '0' || !part.startsWith('0'));

const isIpv4 = (text: string) => {
  const parts = text.split('.');
  return parts.length === 4 && parts.every(isByte);
};

/** The text forms of RFC 4291, with or without the zone of RFC 4007. */
function isIpv6(zoned: string): boolean {
  if (!isIPv6(zoned)) return false;
  const zone = zoned.indexOf('%');
  const text = zone < 0 ? zoned : zoned.slice(0, zone);
  const gap = text.indexOf('::');
  // Eight pairs are the address of a device, not of a host.
  if (gap < 0) return text.length !== PAIRS_LENGTH || !PAIRS.test(text);
  // `::` between two names of a program: at least a digit, and more than the step of a slice.
  if (!/\d/.test(text)) return false;
  const only = gap === 0 ? text.slice(2) : gap === text.length - 2 ? text.slice(0, gap) : '';
  return only === '' || only.includes(':') || only === '1' || only.length > 2;
}

const PAIRS_LENGTH = 23;
const PAIRS = /^(?:[0-9a-f]{2}:){7}[0-9a-f]{2}$/i;

/** The version of a product, `Chrome/120.0.0.0`, and not the address of a host: `db/10.0.0.7`, `localhost/127.0.0.1`. */
const IS_PRODUCT = /^[a-z]\/(?!(?:10|127)\.0\.0\.[1-9])/i;

/**
 * Addresses of hosts. Loopback, private and documentation ranges are found as well: whether one of them says
 * something about a person is not to be seen from the address.
 */
export const ipRules: readonly Rule[] = [
  {
    id: 'ipv4',
    kind: 'IP',
    // Versions and products are taken along, so that what looks like an address in them is not taken for one.
    pattern:
      /(?:\b(?:v|ver|version|release|build|oid)[ "':=.v]{1,5}|[@^~]|==)\d{1,5}(?:\.\d{1,5}){3}(?!\w)|[A-Za-z]\/(?<secret>\d{1,3}\.0\.0\.\d{1,3})(?!\w)|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3,12}(?:-[A-Za-z]\w{0,20})?(?![\w])/i,
    maxLength: 80,
    validate: ({ text, match }) => /^\d/.test(text) && !IS_PRODUCT.test(match) && isIpv4(text),
    examples: {
      match: [
        '203.0.113.7',
        'from 10.0.0.1:8080',
        'http://192.168.1.20/x',
        '(172.16.0.0/12)',
        '127.0.0.1.',
        'ip=198.51.100.23',
        'Connected to localhost/127.0.0.1:8080',
      ],
      noMatch: [
        'version 1.2.3.4',
        '"version": "1.2.3.4"',
        'v1.2.3.4',
        'Chrome/120.0.0.0',
        'Chrome/127.0.0.0',
        'my-client/3.0.0.7',
        '1.3.6.1.4.1.311',
        '256.1.1.1',
        '1.2.3',
        'lib@4.0.0.1',
        '1.2.3.4-beta',
        '01.02.03.04',
      ],
    },
  },
  {
    id: 'ipv6',
    kind: 'IP',
    pattern:
      /(?<![\w:.])(?:[0-9a-f]{1,4}:(?=[0-9a-f:])|::(?=[0-9a-f]))[0-9a-f:]{0,37}[0-9a-f:](?:(?:\.\d{1,3}){3})?(?:%[A-Za-z0-9]{1,16})?(?![\w:])/i,
    keywords: [':'],
    maxLength: 72,
    validate: ({ text }) => isIpv6(text),
    examples: {
      match: [
        '2001:db8:85a3:0:0:8a2e:370:7334',
        '2001:0db8:85a3:0000:0000:8a2e:0370:7334',
        '2001:db8::1',
        'fe80::1ff:fe23:4567:890a%eth0',
        '::1',
        '::ffff:192.0.2.128',
        '[2001:db8::1]:443',
        '2001:db8::/32',
        'fd00::a',
      ],
      noMatch: [
        'std::vector',
        '12:30:45',
        '::',
        '00:1b:44:11:3a:b7',
        'a::b',
        'x[::2]',
        '::add',
        '1:2:3:4:5:6:7:8:9',
        '2001::db8::1',
      ],
    },
  },
];
