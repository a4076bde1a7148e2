import { testGeneratedApp } from './test-generated-app.js';

const SWC = ['@swc/cli', '@swc/core'];
const RSPACK = ['@rspack/core', 'webpack-node-externals', 'tsconfig-paths-webpack-plugin'];

testGeneratedApp('Nest 12, ES modules, Vitest', { cli: '12', packages: [...SWC, ...RSPACK] }, [
  'swc',
  'rspack',
]);
