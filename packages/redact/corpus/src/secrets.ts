import type { Draw } from './draw.ts';

/** What every key of OpenAI has in its middle: its name in base64. */
const OPENAI = btoa('OpenAI').replaceAll('=', '');

/** Tokens by the way their issuers build them. Prefixes are joined here, so that no file holds a whole one. */
export const TOKENS: Readonly<Record<string, (draw: Draw) => string>> = {
  openai: (d) => `sk-${d.alnum(20)}${OPENAI}${d.alnum(20)}`,
  'openai-project': (d) => `sk-proj-${d.url64(74)}${OPENAI}${d.url64(74)}`,
  anthropic: (d) => `sk-ant-api03-${d.url64(93)}AA`,
  'aws-id': (d) => `AKIA${d.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)}`,
  'google-api': (d) => `AIza${d.url64(35)}`,
  'google-oauth': (d) => `GOCSPX-${d.url64(28)}`,
  'google-access': (d) => `ya29.${d.url64(160)}`,
  'github-classic': (d) => `ghp_${d.alnum(36)}`,
  'github-fine': (d) => `github_pat_${d.alnum(22)}_${d.alnum(59)}`,
  gitlab: (d) => `glpat-${d.url64(20)}`,
  'slack-bot': (d) => `xoxb-${d.digits(12)}-${d.digits(13)}-${d.alnum(24)}`,
  'slack-webhook': (d) => `https://hooks.slack.com/services/T${d.upper(8)}/B${d.upper(10)}/${d.alnum(24)}`,
  'stripe-live': (d) => `sk_live_${d.alnum(24)}`,
  'stripe-restricted': (d) => `rk_live_${d.alnum(99)}`,
  twilio: (d) => `SK${d.hex(32)}`,
  sendgrid: (d) => `SG.${d.url64(22)}.${d.url64(43)}`,
  mailgun: (d) => `key-${d.hex(32)}`,
  mailchimp: (d) => `${d.hex(32)}-us${d.int(1, 21)}`,
  npm: (d) => `npm_${d.alnum(36)}`,
  pypi: (d) => `pypi-AgEIcHlwaS5vcmc${d.url64(120)}`,
  rubygems: (d) => `rubygems_${d.hex(48)}`,
  'hugging-face': (d) => `hf_${d.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ', 34)}`,
  groq: (d) => `gsk_${d.alnum(52)}`,
  replicate: (d) => `r8_${d.alnum(37)}`,
  digitalocean: (d) => `dop_v1_${d.hex(64)}`,
  shopify: (d) => `shpat_${d.hex(32)}`,
  square: (d) => `sq0atp-${d.url64(22)}`,
  databricks: (d) => `dapi${d.hex(32)}`,
  doppler: (d) => `dp.pt.${d.alnum(43)}`,
  terraform: (d) => `${d.alnum(14)}.atlasv1.${d.url64(67)}`,
  vault: (d) => `hvs.${d.url64(90)}`,
  pulumi: (d) => `pul-${d.hex(40)}`,
  'new-relic': (d) => `NRAK-${d.upper(27)}`,
  grafana: (d) => `glsa_${d.alnum(32)}_${d.hex(8)}`,
  dynatrace: (d) => `dt0c01.${d.upper(24)}.${d.upper(64)}`,
  postman: (d) => `PMAK-${d.hex(24)}-${d.hex(34)}`,
  notion: (d) => `ntn_${d.alnum(46)}`,
  airtable: (d) => `pat${d.alnum(14)}.${d.hex(64)}`,
  linear: (d) => `lin_api_${d.alnum(40)}`,
  figma: (d) => `figd_${d.url64(40)}`,
  hubspot: (d) => `pat-na1-${d.uuid()}`,
  telegram: (d) => `${d.digits(10)}:AA${d.url64(33)}`,
  discord: (d) => `M${d.alnum(23)}.${d.alnum(6)}.${d.url64(27)}`,
  azure: (d) => `${d.alnum(3)}8Q~${d.alnum(34)}`,
  sonarqube: (d) => `sqp_${d.hex(40)}`,
  docker: (d) => `dckr_pat_${d.url64(27)}`,
  netlify: (d) => `nfp_${d.alnum(36)}`,
  sentry: (d) => `sntryu_${d.hex(64)}`,
  atlassian: (d) => `ATATT3x${d.url64(180)}`,
  tailscale: (d) => `tskey-auth-${d.alnum(12)}CNTRL-${d.alnum(32)}`,
  xai: (d) => `xai-${d.alnum(80)}`,
  perplexity: (d) => `pplx-${d.alnum(48)}`,
  jwt: (d) =>
    `${b64({ alg: d.pick(['HS256', 'RS256', 'ES256']), typ: 'JWT' })}.${b64({ sub: d.digits(8), exp: 1_700_000_000 })}.${d.url64(43)}`,
  pem: (d) => {
    const label = d.pick(['RSA ', '', 'EC ', 'OPENSSH ', 'DSA ']);
    const lines = Array.from({ length: 4 }, () => d.base64(64)).join('\n');
    return `-----BEGIN ${label}PRIVATE KEY-----\n${lines}\n-----END ${label}PRIVATE KEY-----`;
  },
};

const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Services whose keys look like anything: only the name beside them tells. */
export const NAMED: readonly (readonly [string, (draw: Draw) => string])[] = [
  ['DATADOG_API_KEY', (d) => d.hex(32)],
  ['aws_secret_access_key', (d) => d.base64(40)],
  ['AWS_SECRET_ACCESS_KEY', (d) => d.base64(40)],
  ['HEROKU_API_KEY', (d) => d.uuid()],
  ['CLOUDFLARE_API_TOKEN', (d) => d.url64(40)],
  ['ALGOLIA_API_KEY', (d) => d.lower(32)],
  ['twilio_auth_token', (d) => d.hex(32)],
  ['OKTA_API_TOKEN', (d) => `00${d.url64(40)}`],
  ['COHERE_API_KEY', (d) => d.alnum(40)],
  ['mistral_api_key', (d) => d.alnum(32)],
  ['spotifyClientSecret', (d) => d.hex(32)],
  ['zendesk_secret_key', (d) => d.alnum(40)],
  ['CODECOV_TOKEN', (d) => d.uuid()],
  ['fastly-api-token', (d) => d.url64(32)],
  ['splunk_hec_token', (d) => d.uuid()],
  ['facebook_app_secret', (d) => d.hex(32)],
  ['coinbaseAccessToken', (d) => d.url64(64)],
  ['plaid_secret', (d) => d.alnum(30)],
  ['snyk_token', (d) => d.uuid()],
  ['client_secret', (d) => d.alnum(32)],
  ['clientSecret', (d) => d.url64(40)],
  ['JWT_SECRET', (d) => d.alnum(48)],
  ['SECRET_KEY_BASE', (d) => d.hex(128)],
  ['apiKey', (d) => d.alnum(24)],
  ['x-api-key', (d) => d.alnum(32)],
  ['access_token', (d) => d.url64(56)],
  ['refreshToken', (d) => d.url64(64)],
  ['encryption_key', (d) => d.base64(43)],
  ['signingKey', (d) => d.hex(64)],
  ['webhook_secret', (d) => d.lower(20)],
  ['SERVICE_TOKEN', (d) => d.alnum(16)],
];

export const PASSWORD_NAMES: readonly string[] = [
  ...'password PASSWORD passwd pwd DB_PASSWORD db_password dbPassword mysql_root_password'.split(' '),
  ...'POSTGRES_PASSWORD adminPassword userPwd smtp_pass SMTP_PASS dbPass passphrase redis_password'.split(
    ' ',
  ),
];

const WORDS = [
  'winter',
  'dragon',
  'monkey',
  'sunshine',
  'falcon',
  'hunter',
  'marble',
  'orchid',
  'copper',
  'letmein',
];

/** Passwords as people choose them. */
export function password(draw: Draw): string {
  const word = draw.pick(WORDS);
  const big = word[0]?.toUpperCase() + word.slice(1);
  return draw.pick([
    () => `${word}${draw.int(1, 99)}`,
    () => `${big}${draw.int(1990, 2026)}!`,
    () => `${word}@${draw.int(100, 999)}`,
    () => `${big}#${draw.pick(WORDS)}`,
    () => draw.alnum(12),
    () => draw.from('abcdefghkmnpqrstuvwxyzABCDEFGHJKLMN23456789!@#%^*_+', 14).replace(/^[^a-z]/i, 'k'),
    () => `p@ss${draw.digits(3)}`,
    () => `${draw.digits(4)}${word}`,
  ])();
}
