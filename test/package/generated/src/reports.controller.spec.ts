import { Test } from '@nestjs/testing';
import { RequestClient } from 'nestjs-reqrep';
import { lastValueFrom, of } from 'rxjs';
import { ReportsController } from './reports.controller.js';
import { ReportsModule } from './reports.module.js';

it('answers with what the worker says', async () => {
  const module = await Test.createTestingModule({ imports: [ReportsModule] })
    .overrideProvider(RequestClient)
    .useValue({ send: () => of({ text: 'a report' }) })
    .compile();
  const report = module.get(ReportsController).render('A7');
  expect(await lastValueFrom(report)).toEqual({ text: 'a report' });
});
