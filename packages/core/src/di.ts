// tsyringe throws at import unless the metadata polyfill came first, so this module is the one door to it.
import 'reflect-metadata';

export { container as rootContainer } from 'tsyringe';
export type { DependencyContainer, InjectionToken } from 'tsyringe';
