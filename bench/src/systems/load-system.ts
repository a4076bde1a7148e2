import type { System } from './system.js';

/** Loads that system alone, from the file of its name: a process that is measured carries no other one's libraries. */
export async function loadSystem(name = ''): Promise<System> {
  const { system } = (await import(`./${name}.js`)) as { readonly system: System };
  return system;
}
