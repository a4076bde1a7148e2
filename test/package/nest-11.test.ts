import { testGeneratedApp } from './test-generated-app.js';

testGeneratedApp('Nest 11, CommonJS, Jest', { cli: '11', packages: ['@swc/cli', '@swc/core'] }, [
  'swc',
  'webpack',
]);
