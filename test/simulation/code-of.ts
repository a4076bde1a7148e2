import { propertyOf } from '../../lib/errors/error-text.js';

/** @returns the code of an error, or else its name, and its message. */
export const codeOf = (error: unknown): [code: string, message: string] => [
  String(propertyOf(error, 'code') ?? propertyOf(error, 'name')),
  String(propertyOf(error, 'message')),
];
