import { lastValueFrom, type Observable } from 'rxjs';

/** The error that an Observable ends with. @throws when it ends without one. */
export async function failureOf(observable: Observable<unknown>): Promise<unknown> {
  try {
    await lastValueFrom(observable, { defaultValue: undefined });
  } catch (error) {
    return error;
  }
  throw new Error('It ended without an error');
}
