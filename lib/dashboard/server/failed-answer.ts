import { isRefusal } from '../../driver/refusal.js';
import { messageOf, propertyOf } from '../../errors/error-text.js';
import { InvalidOptionError, ReqRepError } from '../../errors/index.js';
import type { Trouble } from '../dashboard-api.js';
import { HttpRefusal } from './http-refusal.js';

/** What a request or a look that failed is answered with. */
export interface FailedAnswer {
  readonly status: number;
  readonly trouble: Trouble;
  /** Whether it is a bug, whose text may hold anything: it belongs into the log only. */
  readonly isUnexpected: boolean;
}

/** @returns the answer for what was thrown. */
export function failedAnswer(error: unknown): FailedAnswer {
  if (error instanceof HttpRefusal) {
    return { status: error.status, trouble: { message: error.message }, isUnexpected: false };
  }
  if (error instanceof ReqRepError || isRefusal(error)) {
    const code = propertyOf(error, 'code');
    return {
      status: error instanceof InvalidOptionError ? 400 : 503,
      trouble: { message: messageOf(error), ...(typeof code === 'string' && { code }) },
      isUnexpected: false,
    };
  }
  const message = 'The dashboard failed. The log of its process says why.';
  return { status: 500, trouble: { message }, isUnexpected: true };
}
