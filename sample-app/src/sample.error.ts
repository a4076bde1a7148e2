/** The sample cannot do what it was asked for. The message is all that the user has to know. */
export class SampleError extends Error {
  override readonly name = 'SampleError';
}
