import type { INestMicroservice } from '@nestjs/common';
import { ClientsModule, type ClientProxy, type MicroserviceOptions } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import {
  ReqRepClient,
  ReqRepRecordBuilder,
  ReqRepServer,
  ReqRepServersModule,
} from 'nestjs-reqrep/microservices';
import { lastValueFrom, toArray } from 'rxjs';
import { PricesController } from './prices.controller.js';

const options = { connection: 'memory://prices', queue: 'prices' };

describe('PricesController', () => {
  let app: INestMicroservice;
  let client: ClientProxy;

  beforeEach(async () => {
    const module = await Test.createTestingModule({
      imports: [
        ReqRepServersModule,
        ClientsModule.register([{ name: 'PRICES', customClass: ReqRepClient, options }]),
      ],
      controllers: [PricesController],
    }).compile();
    app = module.createNestMicroservice<MicroserviceOptions>({
      strategy: new ReqRepServer(options),
    });
    await app.listen();
    client = app.get<ClientProxy>('PRICES');
  });

  afterEach(() => app.close());

  it('answers, with headers', async () => {
    const record = new ReqRepRecordBuilder([1, 2]).setHeaders({ currency: 'EUR' }).build();
    expect(await lastValueFrom(client.send({ cmd: 'sum' }, record))).toBe('3 EUR');
  });

  it('streams', async () => {
    expect(await lastValueFrom(client.send('each', [1, 2]).pipe(toArray()))).toEqual([1, 2]);
  });

  it('tells errors', async () => {
    await expect(lastValueFrom(client.send({ cmd: 'sum' }, []))).rejects.toEqual({
      status: 'error',
      message: 'no prices',
    });
  });
});
