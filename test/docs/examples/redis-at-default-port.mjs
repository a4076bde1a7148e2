/**
 * Loaded in front of an example, which is run as the page shows it: whatever connects to the default port of Redis comes to the
 * server that the test has started.
 */
import { Socket } from 'node:net';

const DEFAULT_PORT = 6379;
const port = Number(process.env['EXAMPLE_REDIS_PORT']);

const redirected = (options) =>
  Number(options?.port) === DEFAULT_PORT ? { ...options, port } : options;

const connect = Socket.prototype.connect;
Socket.prototype.connect = function connectElsewhere(...args) {
  const [first] = args;
  if (Array.isArray(first)) {
    first[0] = redirected(first[0]); // what `net.connect` hands over
  } else {
    args[0] = redirected(first);
  }
  return connect.apply(this, args);
};
