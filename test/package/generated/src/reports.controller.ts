import { Controller, Get, Param } from '@nestjs/common';
import { RequestClient } from 'nestjs-reqrep';
import { Observable } from 'rxjs';

@Controller('reports')
export class ReportsController {
  constructor(private readonly requests: RequestClient) {}

  @Get(':id')
  render(@Param('id') id: string): Observable<{ text: string }> {
    return this.requests.send<{ text: string }>('reports', { id });
  }
}
