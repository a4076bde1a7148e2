import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { ReqRepContext } from 'nestjs-reqrep/microservices';
import { from, type Observable } from 'rxjs';

@Controller()
export class PricesController {
  @MessagePattern({ cmd: 'sum' })
  sum(@Payload() prices: number[], @Ctx() context: ReqRepContext): string {
    if (prices.length === 0) {
      throw new RpcException('no prices');
    }
    return `${prices.reduce((sum, price) => sum + price, 0)} ${context.getHeaders().currency}`;
  }

  @MessagePattern('each')
  each(prices: number[]): Observable<number> {
    return from(prices);
  }
}
