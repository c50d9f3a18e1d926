import type { Rule } from '../rule.ts';
import { named, token } from './token.ts';

/** Tokens of chat, mail, and telephony services. */
export const messagingRules: readonly Rule[] = [
  token('slack-token', '(xoxb|xoxp|xoxa|xoxo|xoxr|xoxs|xoxc|xoxd|xoxe|xox-)-{dotted:10-260}'),
  token('slack-app-token', '(xapp-){digit:1}-{upper:9-12}-{digit:10-14}-{lower:60-68}', {
    kind: 'SLACK_TOKEN',
  }),
  token('slack-config-token', '(xoxe.xoxp-|xoxe.xoxb-){digit:1}-{upper:160-180}', { kind: 'SLACK_TOKEN' }),
  token(
    'slack-webhook',
    '(https://|)hooks.slack.com/(services|workflows|triggers)/{url64:8-13}/{url64:8-24}/{url64:16-56}',
  ),
  named('slack-signing-secret', ['slack'], '{hex:32}'),
  token('discord-token', '(M|N|O){url64:23-27}.{url64:6-7}.{url64:27-38}'),
  token('discord-multi-factor-token', 'mfa.{url64:80-95}', { kind: 'DISCORD_TOKEN' }),
  token(
    'discord-webhook',
    '(https://|)(discord.com|discordapp.com)/api/webhooks/{digit:17-20}/{url64:60-80}',
  ),
  named('discord-secret', ['discord'], '{url64:32}'),
  named('discord-key', ['discord'], '{hex:64}', { kind: 'DISCORD_SECRET' }),
  token('telegram-token', '{digit:8-10}:AA{url64:32-33}'),
  named('telegram-named-token', ['telegram', 'tgbot', 'bot_token', 'tg_'], '{digit:5-16}:{url64:34-36}', {
    kind: 'TELEGRAM_TOKEN',
  }),
  token('teams-webhook', '.webhook.office.com/webhookb2/{uuid}@{uuid}/IncomingWebhook/{hex:32}/{uuid}'),
  token(
    'google-chat-webhook',
    '(https://|)chat.googleapis.com/v1/spaces/{url64:8-14}/messages?key={url64:39}&token={url64:40-50}',
  ),
  named('mattermost-token', ['mattermost'], '{lower:26}'),
  named('gitter-token', ['gitter'], '{url64:40}'),
  named('line-token', ['line_channel', 'line_notify', 'linechannel'], '{base64:43-172}'),
  named('webex-token', ['webex', 'cisco_spark'], '{url64:64}'),
  named('rocketchat-token', ['rocketchat', 'rocket_chat'], '{url64:43}'),
  named('zulip-key', ['zulip'], '{alnum:32}'),

  token('twilio-key', 'SK{hex:32}'),
  token('twilio-account', 'AC{hex:32}'),
  named('twilio-token', ['twilio', 'auth_token', 'authtoken'], '{hex:32}'),
  token('sendgrid-key', 'SG.{url64:16-32}.{url64:32-64}'),
  token('sendgrid-short-key', 'SG.{dotted:66}', { kind: 'SENDGRID_KEY' }),
  token('mailgun-key', '(key-|pubkey-){hex:32}'),
  named('mailgun-signing-key', ['mailgun', 'mg_'], '{hex:32}-{hex:8}-{hex:8}', { kind: 'MAILGUN_KEY' }),
  named('mailgun-token', ['mailgun', 'mg_api'], '{hex:32}', { kind: 'MAILGUN_KEY' }),
  token('mailchimp-key', '{hex:32}-us{digit:1-2}', {
    // Not `-us` alone, which English is full of.
    keywords: ['-us1', '-us2', '-us3', '-us4', '-us5', '-us6', '-us7', '-us8', '-us9'],
  }),
  named('mailjet-key', ['mailjet', 'mj_api'], '{hex:32}'),
  named('mandrill-key', ['mandrill'], '{url64:22}'),
  token('brevo-key', '(xkeysib-|xsmtpsib-){hex:64}-{alnum:16}'),
  token('resend-key', 're_{alnum:8}_{alnum:22-28}'),
  token('mailersend-key', 'mlsn.{hex:64}'),
  named('postmark-token', ['postmark'], '{uuid}'),
  named('sparkpost-key', ['sparkpost'], '{hex:40}'),
  named('messagebird-key', ['messagebird', 'message-bird', 'message_bird'], '{lower:25}'),
  named('messagebird-client-id', ['messagebird', 'message-bird', 'message_bird'], '{uuid}', {
    kind: 'MESSAGEBIRD_KEY',
  }),
  named('vonage-key', ['vonage', 'nexmo'], '{alnum:16}'),
  named('plivo-token', ['plivo'], '{alnum:40}'),
  named('telnyx-key', ['telnyx'], '{alnum:32-58}'),
  named('sinch-key', ['sinch'], '{hex:32}'),
  named('pusher-secret', ['pusher'], '{hex:20}'),
  named('ably-key', ['ably_', 'ably-', 'ably.'], '{url64:6}.{url64:6}:{url64:40-46}'),
  token('onesignal-key', 'os_v2_(app_|org_){lower:90-110}'),
  named('onesignal-old-key', ['onesignal', 'one_signal'], '{alnum:48}', { kind: 'ONESIGNAL_KEY' }),
  named('sendbird-token', ['sendbird'], '{hex:40}'),
  named('sendbird-application', ['sendbird'], '{uuid}', { kind: 'SENDBIRD_TOKEN' }),
  named('intercom-token', ['intercom'], '{base64:60}'),
  token('intercom-access-token', 'dG9rO{base64:54}=', { kind: 'INTERCOM_TOKEN' }),
  named('customerio-key', ['customerio', 'customer_io', 'customer.io'], '{alnum:20-32}'),
  named('klaviyo-key', ['klaviyo'], '{alnum:34}'),
  token('klaviyo-private-key', 'pk_{hex:34}', { kind: 'KLAVIYO_KEY' }),
];
