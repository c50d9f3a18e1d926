/** Hosts, or ends of them, and what the conventions call the provider behind. */
const PROVIDERS: readonly (readonly [string, string])[] = [
  ['.openai.azure.com', 'azure.ai.openai'],
  ['.cognitiveservices.azure.com', 'azure.ai.openai'],
  ['.services.ai.azure.com', 'azure.ai.inference'],
  ['.models.ai.azure.com', 'azure.ai.inference'],
  ['api.anthropic.com', 'anthropic'],
  ['.amazonaws.com', 'aws.bedrock'],
  ['api.cohere.com', 'cohere'],
  ['api.cohere.ai', 'cohere'],
  ['api.deepseek.com', 'deepseek'],
  ['aiplatform.googleapis.com', 'gcp.vertex_ai'],
  ['generativelanguage.googleapis.com', 'gcp.gemini'],
  ['api.groq.com', 'groq'],
  ['.ml.cloud.ibm.com', 'ibm.watsonx.ai'],
  ['api.mistral.ai', 'mistral_ai'],
  ['api.perplexity.ai', 'perplexity'],
  ['api.x.ai', 'x_ai'],
];

/** The server of a call, as it is told in attributes. */
export interface Server {
  readonly address: string;
  readonly port: number;
  /** Who it belongs to; `openai` where it speaks OpenAI's API and is nobody's that is known. */
  readonly provider: string;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80 };

/** Reads a server out of URLs. A process calls few, so each origin is read once. */
export function servers(): (url: string) => Server | undefined {
  // More origins than this are none of a configuration, but made up per call.
  const most = 100;
  const known = new Map<string, Server | undefined>();
  return (url) => {
    const origin = url.slice(0, url.indexOf('/', url.indexOf('//') + 2));
    if (known.has(origin)) return known.get(origin);
    const server = serverOf(url);
    if (known.size < most) known.set(origin, server);
    return server;
  };
}

function serverOf(url: string): Server | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, port, protocol } = new URL(url);
  return {
    address: hostname,
    port: port === '' ? (DEFAULT_PORTS[protocol] ?? 0) : Number(port),
    provider: PROVIDERS.find(([end]) => isAt(hostname, end))?.[1] ?? 'openai',
  };
}

function isAt(hostname: string, end: string): boolean {
  return end.startsWith('.') ? hostname.endsWith(end) : hostname === end || hostname.endsWith(`-${end}`);
}
