import { JobContext } from 'nestjs-reqrep';
import { ReportsWorker } from './reports.worker.js';

it('renders a report', () => {
  const job = { attempt: 1 } as JobContext;
  expect(new ReportsWorker().render({ id: 'A7' }, job)).toEqual({ text: 'report A7, attempt 1' });
});
