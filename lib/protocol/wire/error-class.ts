/** A class of errors that come back to the caller as themselves. Its constructor is not called there. */
export type ErrorClass = abstract new (...args: never[]) => Error;
