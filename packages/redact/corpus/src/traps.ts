import type { Draw } from './draw.ts';

const NAMES = [
  'password',
  'api_key',
  'apiKey',
  'secret',
  'token',
  'client_secret',
  'DB_PASSWORD',
  'access_token',
  'SECRET_KEY',
];

/** In the keys of documentation, apart from them so that no scanner takes this file for a leak. */
const EXAMPLE = 'EXAMPLE';

const PLACEHOLDERS = [
  ...'your-api-key-here YOUR_API_KEY xxxxxxxx XXXXXXXXXXXXXXXX <token> <your-password> ********'.split(' '),
  ...'${API_KEY};{{ api_key }};%API_KEY%;$API_KEY;#{token};changeme;change-me;placeholder'.split(';'),
  ...'example-key my-secret REPLACE_ME insert-token-here TODO ... null undefined true '.split(' '),
  ...'[REDACTED] [TOKEN] dummy test string None sk-xxxxxxxxxxxxxxxxxxxxxxxx ghp_xxxxxxxxxxxxxxxx'.split(' '),
  `AKIAIOSFODNN7${EXAMPLE}`,
  `wJalrXUtnFEMI/K7MDENG/bPxRfiCY${EXAMPLE}KEY`,
  '__SECRET__',
  '@password@',
  'password',
];

const EXPRESSIONS = [
  ...'process.env.API_KEY os.environ["API_KEY"] os.getenv("TOKEN") config.password getToken() self.secret'.split(
    ' ',
  ),
  ...'request.headers["x-api-key"] user.password props.token args.password None nil False string'.split(' '),
  ...'await fetchSecret(id);new Token(user);this.apiKey;settings.SECRET_KEY;&token;password;pwd;""'.split(
    ';',
  ),
  ...'credentials.accessToken System.getenv("KEY") ENV["TOKEN"] $_POST["password"] var.db_password token_'.split(
    ' ',
  ),
  ...'data.vault_generic_secret.db.data["password"] Config::get("key") crypto.randomBytes(32) hash(password)'.split(
    ' ',
  ),
];

/** Lines in which nothing is secret, though some look the part. */
export const TRAPS: readonly ((draw: Draw) => string)[] = [
  (d) => `${d.pick(NAMES)} = "${d.pick(PLACEHOLDERS)}"`,
  (d) => `${d.pick(NAMES)}: ${d.pick(PLACEHOLDERS)}\n`,
  (d) => `"${d.pick(NAMES)}": "${d.pick(PLACEHOLDERS)}",`,
  (d) => `export ${d.pick(NAMES)}=${d.pick(PLACEHOLDERS)}\n`,
  (d) => `${d.pick(NAMES)} = ${d.pick(EXPRESSIONS)}`,
  (d) => `${d.pick(NAMES)}: ${d.pick(EXPRESSIONS)},\n`,
  (d) => `const ${d.pick(NAMES)} = ${d.pick(EXPRESSIONS)};`,
  (d) => `connect(user=user, ${d.pick(NAMES)}=${d.pick(EXPRESSIONS)})`,
  (d) => `id: ${d.uuid()}`,
  (d) => `commit ${d.hex(40)}`,
  (d) => `sha256:${d.hex(64)}`,
  (d) => `"integrity": "sha512-${d.base64(86)}=="`,
  (d) => `resolved "https://registry.npmjs.org/a/-/a-1.0.0.tgz#${d.hex(40)}"`,
  (d) => `<img src="data:image/png;base64,iVBORw0KGgo${d.base64(120)}=">`,
  (d) => `md5(${d.hex(32)})`,
  (d) => `version: ${d.int(0, 9)}.${d.int(0, 20)}.${d.int(0, 30)}-beta.${d.int(1, 9)}`,
  (d) => `uses: actions/checkout@${d.hex(40)}`,
  (d) => `function a(b,c){return b.token===c.token&&b.key<c.key?b.pwd:${d.int(1, 99)}}`,
  (d) =>
    `interface User { password: string; token?: string | null; apiKey: ${d.pick(['string', 'ApiKey', 'SecretString'])} }`,
  (d) => `password: must be at least ${d.int(6, 12)} characters`,
  (d) => `"password": "${d.pick(['Passwort', 'Mot de passe', 'Contraseña', 'Wachtwoord', 'Password'])}"`,
  (d) => `"passwordHint": "Use ${d.int(6, 12)} letters and digits"`,
  (d) => `label.password=${d.pick(['Enter your password', 'Password is required', 'Forgot password?'])}\n`,
  (d) => `secretName: ${d.pick(['my-tls-secret', 'db-credentials', 'registry-pull'])}\n`,
  (d) => `password_file: /run/secrets/db_${d.lower(4)}`,
  (d) => `token_url = "https://auth.acme.test/oauth2/token/${d.int(1, 9)}"`,
  (d) => `max_tokens: ${d.int(100, 9999)}, prompt_tokens: ${d.int(10, 999)}`,
  (d) => `tokenizer = AutoTokenizer.from_pretrained("acme/model-${d.int(1, 70)}b")`,
  (d) => `public_key = "${d.base64(64)}"`,
  (d) => `ssh-rsa AAAAB3NzaC1yc2E${d.base64(120)} ana@host`,
  (d) => `-----BEGIN CERTIFICATE-----\n${d.base64(64)}\n-----END CERTIFICATE-----`,
  (d) => `-----BEGIN PUBLIC KEY-----\n${d.base64(64)}\n-----END PUBLIC KEY-----`,
  (d) => `primaryKey: "user_id_${d.int(1, 9)}"`,
  (d) =>
    `<input type="password" name="password" id="pw${d.int(1, 9)}" placeholder="${d.int(6, 12)}+ characters">`,
  () => 'Authorization: Bearer <token>',
  () => 'curl -H "Authorization: Bearer $TOKEN" https://acme.test',
  () => 'curl -u "$USER:$PASS" https://acme.test',
  () => 'postgres://${USER}:${PASSWORD}@localhost/db',
  () => 'https://user:<password>@acme.test',
  (d) => `http://localhost:${d.int(3000, 9000)}/@vite/client`,
  (d) => `https://acme.test/items/${d.uuid()}?page=${d.int(1, 9)}`,
  (d) => `Etag: "${d.hex(32)}"`,
  (d) => `color: #${d.hex(6)}; key: ${d.pick(['Enter', 'ArrowUp', 'user.name'])}`,
  (d) => `cacheKey = "user:${d.int(1, 999)}:profile"`,
  (d) => `build-${d.hex(12)}.js`,
  (d) => `docker.io/library/node@sha256:${d.hex(64)}`,
  (d) => `request_id=${d.uuid()} trace_id=${d.hex(32)} span_id=${d.hex(16)}`,
  (d) => `h1:${d.base64(43)}=`,
  (d) => `go.mod h1 golang.org/x/net v0.${d.int(1, 40)}.0 h1:${d.base64(43)}=`,
  (d) => `docker run -u ${d.int(1000, 2000)}:${d.int(1000, 2000)} --user node:node image`,
  (d) => `assertThat(user.getPassword()).isEqualTo(expectedPassword${d.int(1, 9)});`,
  (d) => `SELECT password, token FROM users WHERE id = ${d.int(1, 999)}`,
  (d) => `The secret of good bread is time, about ${d.int(12, 36)} hours.`,
  (d) => `Pass the key, the token and the ${d.int(2, 9)} cards around.`,
  (d) => `keyboard: "qwerty-layout-${d.int(1, 9)}-international"`,
  (d) => `monkey = "banana${d.int(1, 9)}banana${d.int(1, 9)}banana"`,
  (d) => `aws_region = "eu-central-1"; aws_account_id = "${d.digits(12)}"`,
  (d) => `arn:aws:iam::${d.digits(12)}:role/deploy-${d.lower(6)}`,
  (d) => `passwordRegex = /^(?=.*[A-Z])(?=.*\\d).{${d.int(8, 12)},}$/`,
  (d) => `token_type: bearer, expires_in: ${d.int(600, 7200)}`,
  (d) => `csrf_token = "{{ csrf_token() }}" # line ${d.int(1, 99)}`,
  (d) => `author = "Ana Keyes", keywords = ["secret-santa", "token-ring-${d.int(1, 9)}"]`,
  (d) => `import { apiKeyAuth } from './auth/api-key-v${d.int(1, 9)}.js';`,
  (d) => `kms_key_id = "arn:aws:kms:us-east-1:${d.digits(12)}:key/${d.uuid()}"`,
  (d) => `rsa_key_size = ${d.pick([2048, 4096])}`,
  (d) => `i18n.t("errors.password_too_short_${d.int(1, 9)}")`,
  (d) => `  "@scope/token-parser": "^${d.int(1, 9)}.${d.int(0, 9)}.${d.int(0, 9)}",`,
];
