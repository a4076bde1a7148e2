import type { IncomingHttpHeaders } from 'node:http';
import {
  BadRequestException,
  HttpException,
  HttpStatus,
  PayloadTooLargeException,
} from '@nestjs/common';

const MAX_MEGABYTES = 30;

/** Judges an upload before it is read; HTTP lets no body be longer than it says. @throws HttpException */
export function checkSize(headers: IncomingHttpHeaders): void {
  const { 'content-length': length } = headers;
  if (length === undefined) {
    throw new HttpException(
      'The upload does not say how long it is: send it with a Content-Length.',
      HttpStatus.LENGTH_REQUIRED,
    );
  }
  const bytes = Number(length);
  if (bytes === 0) {
    throw new BadRequestException('The file is empty.');
  }
  if (bytes > MAX_MEGABYTES * 1e6) {
    throw new PayloadTooLargeException(
      `The file has ${(bytes / 1e6).toFixed(1)} MB, and ${MAX_MEGABYTES} MB are allowed.`,
    );
  }
}
