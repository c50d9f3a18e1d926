import { speech, transcriptions } from './audio.ts';
import { chat } from './chat.ts';
import { completions } from './completions.ts';
import { embeddings } from './embeddings.ts';
import { createFile, deleteFile, fileContent, listFiles, retrieveFile } from './files.ts';
import { images } from './images.ts';
import { listModels, retrieveModel } from './models.ts';
import { moderations } from './moderations.ts';
import type { Operation } from './payload.ts';
import { responses } from './responses.ts';
import { addPart, cancelUpload, completeUpload, createUpload } from './uploads.ts';

/** Where a request goes. */
export interface Route {
  /** Name of the operation, as the ledger has it. */
  readonly operation: string;
  readonly answer: Operation;
  /** Model of a request that names none. Where there is no such model, a request must name one: `''`. */
  readonly defaultModel?: string;
  /** What the path names: ids, in their order. */
  readonly ids: readonly string[];
  /** The deployment of an Azure path, which stands for the model. */
  readonly deployment?: string;
}

type Known = Omit<Route, 'ids' | 'deployment'>;

const FIXED: ReadonlyMap<string, Known> = new Map<string, Known>([
  ['POST chat/completions', { operation: 'chat', answer: chat, defaultModel: '' }],
  ['POST responses', { operation: 'responses', answer: responses, defaultModel: '' }],
  ['POST embeddings', { operation: 'embeddings', answer: embeddings, defaultModel: '' }],
  ['POST completions', { operation: 'completions', answer: completions, defaultModel: '' }],
  [
    'POST moderations',
    { operation: 'moderations', answer: moderations, defaultModel: 'omni-moderation-latest' },
  ],
  ['POST images/generations', { operation: 'images', answer: images, defaultModel: 'gpt-image-1' }],
  ['POST audio/speech', { operation: 'speech', answer: speech, defaultModel: '' }],
  ['POST audio/transcriptions', { operation: 'transcriptions', answer: transcriptions }],
  ['POST audio/translations', { operation: 'transcriptions', answer: transcriptions }],
  ['GET models', { operation: 'models', answer: listModels }],
  ['POST files', { operation: 'files', answer: createFile }],
  ['GET files', { operation: 'files', answer: listFiles }],
  ['POST uploads', { operation: 'uploads', answer: createUpload }],
]);

const WITH_ID: readonly (Known & { readonly pattern: RegExp })[] = [
  { pattern: /^GET models\/([^/]+)$/, operation: 'models', answer: retrieveModel },
  { pattern: /^GET files\/([^/]+)$/, operation: 'files', answer: retrieveFile },
  { pattern: /^DELETE files\/([^/]+)$/, operation: 'files', answer: deleteFile },
  { pattern: /^GET files\/([^/]+)\/content$/, operation: 'files', answer: fileContent },
  { pattern: /^POST uploads\/([^/]+)\/parts$/, operation: 'uploads', answer: addPart },
  { pattern: /^POST uploads\/([^/]+)\/complete$/, operation: 'uploads', answer: completeUpload },
  { pattern: /^POST uploads\/([^/]+)\/cancel$/, operation: 'uploads', answer: cancelUpload },
];

const PREFIX = /^\/(?:openai\/)?(?:v1\/|deployments\/([^/]+)\/)/;

/** Finds the route of a request, under `/v1`, `/openai/v1` or Azure's `/openai/deployments/{name}`. */
export function routeOf(method: string, pathname: string): Route | undefined {
  const [prefix, deployment] = PREFIX.exec(pathname) ?? [];
  if (prefix === undefined) return undefined;
  const key = `${method} ${pathname.slice(prefix.length)}`;
  const named = deployment === undefined ? {} : { deployment: decodeURIComponent(deployment) };
  const fixed = FIXED.get(key);
  if (fixed) return { ...fixed, ...named, ids: [] };
  for (const { pattern, ...known } of WITH_ID) {
    const match = pattern.exec(key);
    if (match) return { ...known, ...named, ids: match.slice(1).map(decodeURIComponent) };
  }
  return undefined;
}
