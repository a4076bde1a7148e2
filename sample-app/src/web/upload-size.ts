import type { IncomingHttpHeaders } from 'node:http';
import {
  BadRequestException,
  HttpException,
  HttpStatus,
  PayloadTooLargeException,
} from '@nestjs/common';

const MAX_MEGABYTES = 30;

/** Checks the size of an upload before it is read; HTTP allows no body longer than its Content-Length. @throws HttpException */
export function checkSize(headers: IncomingHttpHeaders): void {
  const { 'content-length': length } = headers;
  if (length === undefined) {
    throw new HttpException(
      'The upload has no Content-Length: send it with one.',
      HttpStatus.LENGTH_REQUIRED,
    );
  }
  const bytes = Number(length);
  if (bytes === 0) {
    throw new BadRequestException('The file is empty.');
  }
  if (bytes > MAX_MEGABYTES * 1e6) {
    throw new PayloadTooLargeException(
      `The file has ${(bytes / 1e6).toFixed(1)} MB, but only ${MAX_MEGABYTES} MB are allowed.`,
    );
  }
}
