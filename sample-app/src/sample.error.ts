/** An error for the user, such as a wrong argument: only its message is printed. */
export class SampleError extends Error {
  override readonly name = 'SampleError';
}
