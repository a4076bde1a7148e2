/**
 * The names of all attributes and metrics: those of the semantic conventions 1.45, and our own where there are none. Those of RPC are
 * stable, those of messaging are not: they are spelled here only.
 */

/** The value of `rpc.system.name` and `messaging.system.name`, and the name of the instrumentation scope. */
export const SYSTEM = 'nestjs-reqrep';

export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0';

export const ATTRIBUTES = {
  serverAddress: 'server.address',
  serverPort: 'server.port',
  errorType: 'error.type',
  functionName: 'code.function.name',
  rpcSystem: 'rpc.system.name',
  rpcMethod: 'rpc.method',
  rpcMethodOriginal: 'rpc.method_original',
  rpcStatus: 'rpc.status_code',
  messagingSystem: 'messaging.system.name',
  messagingOperation: 'messaging.operation.name',
  messagingOperationType: 'messaging.operation.type',
  messagingDestination: 'messaging.destination.name',
  messagingTemplate: 'messaging.destination.template',
  messagingId: 'messaging.message.id',
  instance: 'nestjs_reqrep.instance',
  queue: 'nestjs_reqrep.queue',
  jobId: 'nestjs_reqrep.job.id',
  attempt: 'nestjs_reqrep.delivery.attempt',
  outcome: 'nestjs_reqrep.outcome',
  wait: 'nestjs_reqrep.queue.wait',
  values: 'nestjs_reqrep.stream.values',
  reason: 'nestjs_reqrep.reason',
} as const;

export const METRICS = {
  clientDuration: 'rpc.client.call.duration',
  serverDuration: 'rpc.server.call.duration',
  sent: 'messaging.client.sent.messages',
  consumed: 'messaging.client.consumed.messages',
  processDuration: 'messaging.process.duration',
  wait: 'nestjs_reqrep.queue.wait',
  length: 'nestjs_reqrep.queue.length',
  age: 'nestjs_reqrep.queue.age',
  pending: 'nestjs_reqrep.requests.pending',
  running: 'nestjs_reqrep.jobs.running',
  redelivered: 'nestjs_reqrep.jobs.redelivered',
  dead: 'nestjs_reqrep.jobs.dead',
  lost: 'nestjs_reqrep.workers.lost',
  dropped: 'nestjs_reqrep.replies.dropped',
  outages: 'nestjs_reqrep.outages',
} as const;
