import { SampleError } from '../sample.error.js';

const DEFAULT_PORT = 3000;

/** Returns the port of `PORT`; `0` = any free port. @throws SampleError */
export function chosenPort(): number {
  const given = process.env['PORT'];
  if (!given) {
    return DEFAULT_PORT;
  }
  const port = Number(given);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new SampleError(
      `PORT must be an integer from 0 to 65535 (0 = any free port), got "${given}".`,
    );
  }
  return port;
}
