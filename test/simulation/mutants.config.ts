import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { MUTANTS, type Mutant } from './mutants.js';

/** The simulation over the library as a mutant has it. */
const projectOf = ({ name, file, text, instead }: Mutant): TestProjectInlineConfiguration => ({
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      transform: (code: string, id: string): string | undefined => {
        if (!id.endsWith(file)) {
          return undefined;
        }
        if (code.split(text).length !== 2) {
          throw new Error(`"${text}" does not stand in ${file} just once`);
        }
        return code.replace(text, () => instead);
      },
    },
  ],
  test: {
    include: ['test/simulation/mutant-is-found.ts'],
    env: { MUTANT: name },
    testTimeout: 240_000,
  },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: MUTANTS.map((mutant, index) => {
      const project = projectOf(mutant);
      return { ...project, test: { ...project.test, name: `${index + 1}` } };
    }),
  },
});
