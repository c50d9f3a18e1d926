import type { Rule } from '../rule.ts';
import { aiRules } from './ai.ts';
import { assignmentRules } from './assignment.ts';
import { cloudRules } from './cloud.ts';
import { fileRules } from './files.ts';
import { hostingRules } from './hosting.ts';
import { httpRules } from './http.ts';
import { identityRules } from './identity.ts';
import { keyRules } from './keys.ts';
import { markupRules } from './markup.ts';
import { messagingRules } from './messaging.ts';
import { observabilityRules } from './observability.ts';
import { paymentRules } from './payment.ts';
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
