import type { Rule } from '../rule.ts';
import { named, token } from './token.ts';

/** Keys of Amazon's, Google's, Microsoft's and the other large clouds. */
export const cloudRules: readonly Rule[] = [
  token('aws-access-key-id', '(AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|A3T){upper:16-17}'),
  named(
    'aws-secret-key',
    ['aws', 'amazon', 'secret_access_key', 'secretaccesskey', 'secret-access-key'],
    '{base64:40}',
  ),
  named(
    'aws-session-token',
    ['session_token', 'sessiontoken', 'session-token', 'security_token', 'security-token'],
    '{base64:100-1200}',
  ),
  token('aws-mws-token', 'amzn.mws.{uuid}'),
  token('aws-bedrock-key', 'ABSK{base64:100-140}', { kind: 'AWS_BEDROCK_KEY' }),
  token('aws-bedrock-short-key', 'bedrock-api-key-{base64:60-2000}', { kind: 'AWS_BEDROCK_KEY' }),
  token('aws-appsync-key', 'da2-{lower:26}'),
  token('amazon-oauth-secret', 'amzn1.oa2-cs.v1.{hex:64}'),

  token('google-api-key', 'AIza{url64:35}'),
  token('google-oauth-secret', 'GOCSPX-{url64:28}'),
  token('google-oauth-token', 'ya29.{dotted:20-400}'),
  token('google-refresh-token', '1//0{url64:40-120}'),
  named('google-service-account-key-id', ['private_key_id'], '{hex:40}'),
  named('google-client-secret', ['client_secret', 'clientsecret', 'client-secret'], '{url64:24}'),
  token('firebase-messaging-key', 'AAAA{url64:7}:{url64:134-160}'),
  token('google-recaptcha-secret', '6L{url64:38}'),
  token('gcp-hmac-key-id', 'GOOG1E{upper:55}'),

  token('azure-client-secret', '{word:3}{digit:1}Q~{dotted:31-34}'),
  token('azure-storage-key', '{base64:76}+ASt{base64:6}==', { kind: 'AZURE_KEY' }),
  token('azure-cosmos-key', '{base64:76}ACDb{base64:6}==', { kind: 'AZURE_KEY' }),
  token('azure-relay-key', '{base64:33}(+ARm|+ASb|+AEh|AIoT){base64:6}=', { kind: 'AZURE_KEY' }),
  token('azure-search-key', '{alnum:42}AzSe{alnum:6}', { kind: 'AZURE_KEY' }),
  token('azure-function-key', '{url64:44}AzFu{url64:4-8}', { kind: 'AZURE_KEY' }),
  token('azure-registry-key', '{base64:42}+ACR{alnum:6-7}', { kind: 'AZURE_KEY' }),
  token('azure-ai-key', '{alnum:52}JQQJ99{alnum:26}', { kind: 'AZURE_KEY' }),
  token('azure-devops-pat', '{alnum:76}AZDO{alnum:4}'),
  named(
    'azure-devops-old-pat',
    ['devops', 'azure', 'ado_', 'vsts', 'tfs', 'system_accesstoken', 'pat_'],
    '{lower:52}',
    {
      kind: 'AZURE_DEVOPS_PAT',
    },
  ),
  named(
    'azure-account-key',
    ['accountkey', 'account_key', 'storagekey', 'storage_key', 'account-key', 'documentdb', 'cosmos'],
    '{base64:86}==',
    {
      kind: 'AZURE_KEY',
    },
  ),
  named(
    'azure-shared-access-key',
    ['sharedaccesskey', 'shared_access_key', 'eventhub', 'servicebus', 'event_hub', 'service_bus'],
    '{base64:43}=',
    {
      kind: 'AZURE_KEY',
    },
  ),
  named(
    'azure-cognitive-key',
    [
      'ocp-apim-subscription-key',
      'cognitive',
      'azure',
      'subscription-key',
      'subscription_key',
      'subscriptionkey',
    ],
    '{hex:32}',
    { kind: 'AZURE_KEY' },
  ),
  named('azure-named-secret', ['azure', 'arm_client', 'client_secret'], '{dotted:34}', {
    kind: 'AZURE_CLIENT_SECRET',
  }),

  token('alibaba-key-id', 'LTAI{alnum:12-26}'),
  named(
    'alibaba-secret',
    ['alibaba', 'aliyun', 'alicloud', 'accesskeysecret', 'access_key_secret'],
    '{alnum:30}',
  ),
  token('tencent-key-id', 'AKID{alnum:32}'),
  named('tencent-secret', ['tencent', 'qcloud'], '{alnum:32}'),
  named('ibm-cloud-key', ['ibm', 'bluemix', 'watson'], '{url64:44}'),
  token('yandex-key', 'AQVN{url64:35-38}'),
  token('yandex-access-key', 'YC{url64:38}', { kind: 'YANDEX_KEY' }),
  token('yandex-iam-token', 't1.{url64:10-120}.{url64:86}', { kind: 'YANDEX_KEY' }),
  named('baidu-key', ['baidu', 'bce_'], '{alnum:24-32}'),
  named('huawei-key', ['huawei', 'hwcloud'], '{alnum:40}'),
];
