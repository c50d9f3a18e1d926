import type { Rule } from '../rule.ts';
import { isPlaceholder } from './placeholder.ts';

/** Words that stand for a user or a password in the URLs of documentation. */
const STANDS_FOR = /^(?:pass(?:word|wd)?|pwd|pw|secret|token|user(?:name)?|port|x+|\*+|-+)$/i;

const isLive = (text: string) => !isPlaceholder(text) && !STANDS_FOR.test(text);

/** Credentials inside of URLs and connection strings. */
export const urlRules: readonly Rule[] = [
  {
    id: 'url-password',
    kind: 'PASSWORD',
    // `//user:password@host` under any scheme; `user:password` may be empty before the colon, as Redis has it.
    pattern: /:\/\/[^\s:@/"'`<>()[\]{},]{0,120}:(?<secret>[^\s@/"'`<>]{1,160})@[A-Za-z0-9[_.$({%-]/,
    keywords: ['://'],
    maxLength: 290,
    // Even `user:password@` is taken: it works for many a database, and costs nothing where it does not.
    validate: ({ text }) => /^(?:password|pass|pwd|secret)$/i.test(text) || isLive(text),
    examples: {
      match: [
        'postgres://app:s3cr3t-9fQ@db.internal:5432/orders',
        'DATABASE_URL="mysql://root:hunter22@127.0.0.1/shop"',
        'redis://:Zk39dkQw@cache:6379/0',
        'mysql://root:12345@localhost:3306/shop',
        'postgres://user:password@localhost/db',
        'mongodb+srv://svc:Tr0ub4dor&3@cluster0.ab1cd.mongodb.net/?retryWrites=true',
        'curl https://jo:correct-horse@api.acme.test/v1',
        'git clone https://x-access-token:f00ba7c0ffee@git.acme.test/a/b.git',
      ],
      noMatch: [
        'postgres://user:${DB_PASSWORD}@localhost/db',
        'http://localhost:3000/@vite/client',
        'https://unpkg.com:443/react@18',
        'amqp://user:[PASSWORD]@host',
        'https://user:<token>@host',
        'https://user:****@host',
      ],
    },
  },
  {
    id: 'url-token',
    kind: 'TOKEN',
    // A token alone before the host: `https://<token>@host`.
    pattern: /:\/\/(?<secret>[A-Za-z0-9_-]{20,255}):?(?:x-oauth-basic|x-access-token|)@[A-Za-z0-9]/,
    keywords: ['://'],
    maxLength: 290,
    entropy: 3.2,
    validate: ({ text }) => /\d/.test(text) && isLive(text),
    examples: {
      match: [
        'https://9fK2mQx7Lr4TzW8bVn3C@git.acme.test/a.git',
        'https://0a1b2c3d4e5f60718293a4b5c6d7e8f901234567:x-oauth-basic@git.acme.test/a.git',
      ],
      noMatch: ['https://ana@git.acme.test/a.git', 'https://some-organisation-name-here@dev.acme.test'],
    },
  },
  {
    id: 'connection-password',
    kind: 'PASSWORD',
    // ADO.NET, ODBC, OLE DB, JDBC for SQL Server: pairs between semicolons.
    pattern:
      /(?:server|data source|host|user id|uid|user|initial catalog|database|addr|address|username|sa|provider|driver|dsn|endpoint|port)\s{0,2}=[^;\n"'`]{1,120};(?:[^;\n"'`=]{1,40}=[^;\n"'`]{0,120};){0,6}\s{0,2}(?:password|pwd)\s{0,2}=\s{0,2}(?<secret>[^;\n"'`<>]{1,120})/i,
    keywords: ['password', 'pwd'],
    maxLength: 1400,
    validate: ({ text }) => isLive(text.trim()),
    examples: {
      match: [
        'Server=tcp:acme.test,1433;Database=shop;User ID=app;Password=Qw9!kd;Encrypt=True',
        'Data Source=db;Uid=sa;Pwd=letmein9;',
        'jdbc:sqlserver://db:1433;databaseName=shop;user=app;password=Winter21;',
      ],
      noMatch: [
        'Server=db;Database=shop;Integrated Security=True',
        'Server=db;User Id=app;Password={0};',
        'Server=db;Uid=a;Pwd=***;',
      ],
    },
  },
  {
    id: 'sas-signature',
    kind: 'AZURE_SAS',
    pattern:
      /[?&;](?:amp;)?(?:sig|Signature|X-Amz-Signature|X-Goog-Signature)=(?<secret>[A-Za-z0-9%+/_-]{27,600}={0,2})/,
    keywords: ['sig=', 'signature='],
    maxLength: 640,
    validate: ({ text }) => isLive(text) && /\d/.test(text),
    examples: {
      match: [
        '?sv=2022-11-02&se=2025-01-01&sr=b&sp=r&sig=kT3%2Fq9Xw2LpV0aZ8mN7bC4dE6fG1hJ5iK%2B0rS2tU4vY%3D',
      ],
      noMatch: ['?sig=short', '&sig=<signature>', '&sig=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'],
    },
  },
  {
    id: 'sas-shared-signature',
    kind: 'AZURE_SAS',
    pattern: /SharedAccessSignature sr=[^\s"'&]{1,200}&sig=(?<secret>[A-Za-z0-9%+/=]{27,120})/,
    keywords: ['sharedaccesssignature'],
    maxLength: 360,
    examples: {
      match: ['SharedAccessSignature sr=hub.test%2Fd&sig=kT3q9Xw2LpV0aZ8mN7bC4dE6fG1hJ5iK0rS2tU4vY%3D&se=1'],
      noMatch: ['SharedAccessSignature sr=hub&sig={sig}'],
    },
  },
  {
    id: 'cloudinary-url',
    kind: 'CLOUDINARY_SECRET',
    pattern: /cloudinary:\/\/\d{10,18}:(?<secret>[A-Za-z0-9_-]{20,40})@/,
    keywords: ['cloudinary://'],
    maxLength: 75,
    examples: {
      match: ['cloudinary://123456789012345:aB3dE5fG7hJ9kL1mN3pQ5rS7tU9@acme'],
      noMatch: ['cloudinary://key:secret@cloud'],
    },
  },
];
