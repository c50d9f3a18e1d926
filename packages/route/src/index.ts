// For users.
export { route } from './route.ts';
export type {
  Canary,
  ClassifyOptions,
  RouteOptions,
  RouteRule,
  RouteTarget,
  Strategy,
} from './route-options.ts';
