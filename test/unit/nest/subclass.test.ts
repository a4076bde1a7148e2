import { expect, it } from 'vitest';
import { ReqRepModule } from '../../../lib/index.js';

it('a subclass of the module is the module that Nest sees', () => {
  class OurQueues extends ReqRepModule {}
  expect(OurQueues.forRoot().module).toBe(OurQueues);
  expect(OurQueues.forRootAsync({ useFactory: () => ({}) }).module).toBe(OurQueues);
});
