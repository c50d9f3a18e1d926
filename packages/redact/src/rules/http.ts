import type { Candidate, Rule } from '../rule.ts';
import { decoded } from './base64.ts';
import { isMixed, isSecret } from './credential-value.ts';
import { isPlaceholder } from './placeholder.ts';

const isLive = ({ text }: Candidate) => !isPlaceholder(text);

const basic = btoa('ana:correct horse');

/** Whether a text is `user:password` in base64. */
function isBasic({ text }: Candidate): boolean {
  const plain = decoded(text) ?? '';
  const password = plain.slice(plain.indexOf(':') + 1);
  return /^[\x20-\x7e]*:[\x20-\x7e]+$/.test(plain) && !isPlaceholder(password);
}

/** Credentials in headers, in cookies, and on command lines. */
export const httpRules: readonly Rule[] = [
  {
    id: 'bearer-token',
    kind: 'TOKEN',
    pattern:
      /(?:authorization\\?["'`]?\]?\s{0,2}[:=,]\s{0,2}\\?["'`]?(?:[A-Za-z-]{1,16}[ :]{1,2})?|\bbearer[ :=]{1,2})(?:token=)?\\?["']?(?<secret>[A-Za-z0-9_.~+/:-]{16,2000}={0,2})(?![\w(])/i,
    keywords: ['bearer', 'authorization'],
    maxLength: 2070,
    entropy: 3,
    validate: ({ text, match }) =>
      /\d/.test(text) &&
      !isPlaceholder(text) &&
      !/^(?:https?:|\/)|^(?:[a-z]+[.:/])+[a-z]+$/i.test(text) &&
      !/basic/i.test(match.slice(0, -text.length)),
    examples: {
      match: [
        'Bearer 9fK2mQx7Lr4TzW8bVn3C',
        'Authorization: Bearer mF_9.B5f-4.1JqM-x7Kd0',
        `-H "authorization: token 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"`,
        `{ Authorization: 'Bearer 9fK2mQx7Lr4TzW8bVn3C' }`,
        `headers['Authorization'] = 'ApiKey 9fK2mQx7Lr4TzW8bVn3C'`,
      ],
      noMatch: [
        'Authorization: Bearer <token>',
        'Authorization: Bearer ${token}',
        'Bearer your-api-key-goes-here-1',
        'a bearer of bad news',
      ],
    },
  },
  {
    id: 'basic-credentials',
    kind: 'PASSWORD',
    pattern: /\bbasic[ :]{1,3}(?<secret>[A-Za-z0-9+/]{6,400}={0,2})(?![\w+/=])/i,
    keywords: ['basic'],
    maxLength: 420,
    validate: isBasic,
    examples: {
      match: [`Basic ${basic}`, `Authorization: Basic ${basic}`, `"Authorization": "Basic ${basic}"`],
      noMatch: [
        'Basic knowledge',
        `Authorization: Basic ${btoa('user:password')}`,
        'Basic dGhpcyBpcyBubyBwYWly',
      ],
    },
  },
  {
    id: 'session-cookie',
    kind: 'COOKIE',
    pattern:
      /(?<![A-Za-z])(?:session|sess|sid|jwt|remember|csrf|xsrf|connect\.sid|phpsessid|jsessionid|asp\.net_sessionid|\.aspxauth|laravel_session|cf_clearance)[\w.-]{0,24}=(?:s%3A)?(?<secret>[A-Za-z0-9%_.+/~-]{16,1200}={0,2})/i,
    keywords: ['sess', 'sid', 'jwt', 'remember', 'csrf', 'xsrf', '.aspxauth', 'cf_clearance'],
    maxLength: 1260,
    entropy: 3,
    validate: ({ text }) => /\d/.test(text) && !isPlaceholder(text),
    examples: {
      match: [
        'Cookie: sessionid=38afes7a8s2kd9xj4mq1; theme=dark',
        'Set-Cookie: PHPSESSID=n2ut3q5d7k9m1p4r6s8v; Path=/',
        'cookie: connect.sid=s%3Aj7Kd0x2Lr4TzW8bVn3C.9fK2mQx',
      ],
      noMatch: [
        'Cookie: theme=dark; lang=en',
        'Cookie: sessionid=<your session id>',
        'Cookie: session=short',
      ],
    },
  },
  {
    id: 'curl-user',
    kind: 'PASSWORD',
    pattern:
      /(?:\bcurl\b[^\n]{0,60}?)?(?<![^\s"'])(?:-u|--user|--proxy-user|--basic -u)[ =]{0,2}["']?(?<user>[^\s:"'`$<{]{1,80}):(?<secret>[^\s"'`]{1,160})/,
    keywords: ['-u', '--user', '--proxy-user'],
    maxLength: 330,
    validate({ text, match }) {
      if (isPlaceholder(text) || /^\$|^\/\/|^(?:pass|password|pwd|secret|token)$/i.test(text)) return false;
      // Without curl it may be the user and the group of a container.
      return match.startsWith('curl') || (text.length > 5 && /\d|[^\w-]/.test(text) && !/^\d+$/.test(text));
    },
    examples: {
      match: [
        'curl -u ana:hunter22 https://acme.test',
        `curl -s -X POST --user 'ana:S3cr3t' https://acme.test`,
        ' -u ana:S3cr3t9',
      ],
      noMatch: [
        'curl -u user:password https://acme.test',
        'curl -u "$USER:$PASSWORD" https://acme.test',
        'curl -u ana https://acme.test',
        'curl -u <user>:<password> x',
        'docker run -u 1000:1000 --user node:node image',
      ],
    },
  },
  {
    id: 'command-password',
    kind: 'PASSWORD',
    pattern:
      /\b(?:mysql(?:dump|admin)?|mariadb|mongo(?:sh|dump)?|redis-cli|sshpass|smbclient|ldapsearch|docker login|az login|rabbitmqadmin)\b[^\n]{0,60}? (?:-p|--password|-a|-w|--pass)[ =]{0,1}["']?(?<secret>[^\s"'`=-][^\s"'`]{2,120})/,
    keywords: [
      'mysql',
      'mariadb',
      'mongo',
      'redis-cli',
      'sshpass',
      'smbclient',
      'ldapsearch',
      'docker login',
      'az login',
      'rabbitmqadmin',
    ],
    maxLength: 240,
    // For MySQL and its kin a word after `-p ` is the database: the password stands right behind it.
    validate: ({ text, match }) =>
      !isPlaceholder(text) &&
      !/^\d{1,5}(?::\d+)?$|^\$|^[./~]/.test(text) &&
      !/^(?:mysql|mariadb)[^\n]* -p /.test(match),
    examples: {
      match: [
        'mysql -u root -pS3cr3t9 shop',
        'sshpass -p hunter22 ssh a@b',
        'redis-cli -h cache -a Zk39dkQw ping',
        'docker login -u ana -p Qw9kd2x registry.test',
      ],
      noMatch: ['mysql -u root -p shop_2', 'mysql -u root -p$PASSWORD shop', 'mongo -p 27017'],
    },
  },
  {
    id: 'credential-pair',
    kind: 'PASSWORD',
    // A user and a password handed over one after the other.
    pattern:
      /(?:Credentials?|PasswordAuthentication|BasicAuth|basic_auth|basicAuth|\bauth|\blogin|authenticate|getConnection)\s{0,2}[=:]?\s{0,2}[([]\s{0,8}(?:["'][^"'\n]{0,120}["'],\s{0,8}){1,2}["'](?<secret>[^"'\n]{4,120})["']/,
    keywords: ['credential', 'auth', 'login', 'getconnection'],
    maxLength: 460,
    validate: ({ text }) => (/\d|[^\w\s.-]/.test(text) || isMixed(text)) && isSecret(text, 'password'),
    examples: {
      match: [
        `new NetworkCredential("ana", "S3cret9!")`,
        `requests.get(url, auth=('ana', 's3cret9'))`,
        `DriverManager.getConnection("jdbc:x", "ana", "s3cret9")`,
        `Credentials("ana", "xKqRtbWmzL")`,
      ],
      noMatch: [`auth("required", "optional")`, `login("ana", "<password>")`],
    },
  },
  {
    id: 'secure-string',
    kind: 'PASSWORD',
    pattern: /ConvertTo-SecureString\s{1,4}(?:-String\s{1,4})?["'](?<secret>[^"'\n]{3,200})["']/i,
    keywords: ['convertto-securestring'],
    maxLength: 250,
    validate: ({ text }) => isSecret(text, 'password'),
    examples: {
      match: [`ConvertTo-SecureString "S3cret9!" -AsPlainText -Force`],
      noMatch: [`ConvertTo-SecureString "$password" -AsPlainText`, `ConvertTo-SecureString -String $env:P`],
    },
  },
  {
    id: 'api-key-header',
    kind: 'API_KEY',
    pattern:
      /(?:x-[a-z-]{0,16}(?:key|token|secret|auth|signature)|private-token|job-token|deploy-token|api-key|apikey|authorization)\\?["']?\s{0,2}[:=,]\s{0,2}\\?["']?(?<secret>[A-Za-z0-9_.~+/:-]{16,400}={0,2})(?![\w(])/i,
    keywords: ['x-', 'private-token', 'job-token', 'deploy-token', 'api-key', 'apikey', 'authorization'],
    maxLength: 470,
    entropy: 3,
    validate: (candidate) =>
      /\d/.test(candidate.text) && isLive(candidate) && !/^\w+(?:\.\w+)+$/.test(candidate.text),
    examples: {
      match: [
        'x-api-key: 9fK2mQx7Lr4TzW8bVn3C',
        `-H 'PRIVATE-TOKEN: 9fK2mQx7Lr4TzW8bVn3C'`,
        `"X-Auth-Token": "9fK2mQx7Lr4TzW8bVn3C"`,
      ],
      noMatch: ['x-api-key: your-api-key-here', 'x-request-id: 9fK2mQx7Lr4TzW8bVn3C', 'x-api-key: ${KEY}'],
    },
  },
];
