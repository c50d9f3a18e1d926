import type { Rule } from '../rule.ts';
import { aiRules } from './ai.ts';
import { assignmentRules } from './assignment.ts';
import { cloudRules } from './cloud.ts';
import { emailRule } from './email.ts';
import { fileRules } from './files.ts';
import { hostingRules } from './hosting.ts';
import { httpRules } from './http.ts';
import { identityRules } from './identity.ts';
import { ipRules } from './ip.ts';
import { keyRules } from './keys.ts';
import { markupRules } from './markup.ts';
import { messagingRules } from './messaging.ts';
import { numberRules } from './numbers.ts';
import { observabilityRules } from './observability.ts';
import { paymentRules } from './payment.ts';
import { phoneRules } from './phone.ts';
import { saasRules } from './saas.ts';
import { sourceRules } from './source-hosts.ts';
import { urlRules } from './urls.ts';

/** Every rule for secrets: keys, tokens, passwords. */
export const secretRules: readonly Rule[] = [
  ...aiRules,
  ...cloudRules,
  ...hostingRules,
  ...sourceRules,
  ...messagingRules,
  ...paymentRules,
  ...observabilityRules,
  ...identityRules,
  ...saasRules,
  ...keyRules,
  ...urlRules,
  ...httpRules,
  ...fileRules,
  ...assignmentRules,
  ...markupRules,
];

/** Every rule for personal data that has a form: e-mail, card, IBAN, SSN, IP address, phone. */
export const personalRules: readonly Rule[] = [emailRule, ...numberRules, ...ipRules, ...phoneRules];

/** What is looked for unless other rules are given. */
export const defaultRules: readonly Rule[] = [...secretRules, ...personalRules];

export { furtherPersonalRules } from './other-personal.ts';
