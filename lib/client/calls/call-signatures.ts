import type { Observable } from 'rxjs';
import type { EmitOptions, SendOptions } from './call-options.js';
import type {
  EmitCall,
  ExplicitReplyCall,
  ExplicitReplyOnMappedQueue,
  MappedQueue,
  QueueWithoutData,
  ReplyNotGiven,
  ReplyOf,
  SendCall,
  UnmappedCall,
} from './job-map.js';
import type { PushReceipt } from './push-receipt.js';

/** {@link RequestClient.send} where the application has a {@link JobMap}, or closes the names of queues. */
export interface CheckedSend {
  /** A queue of the {@link JobMap}: the compiler checks the data and knows the reply. */
  <Queue extends MappedQueue>(queue: Queue, ...call: SendCall<Queue>): Observable<ReplyOf<Queue>>;
  /** A queue of the {@link JobMap} without its data: an error. */
  <Queue extends MappedQueue>(queue: QueueWithoutData<Queue>): Observable<ReplyOf<Queue>>;
  /** A type for the reply of a mapped queue: an error, since the {@link JobMap} knows the reply. */
  <Reply = ReplyNotGiven>(
    queue: ExplicitReplyOnMappedQueue,
    ...call: ExplicitReplyCall<Reply>
  ): {
    /** Is the message that the compiler shows. */
    readonly 'omit the reply type: the JobMap defines it'?: never;
    /** Makes the compiler compare the members of the object. */
    toString(): string;
  };
  /** Any other queue. */
  <Reply = unknown, const Queue extends string = string>(
    queue: Queue,
    ...call: UnmappedCall<Queue, SendOptions>
  ): Observable<Reply>;
}

/** {@link RequestClient.request} where the application has a {@link JobMap}, or closes the names of queues. */
export interface CheckedRequest {
  /** A queue of the {@link JobMap}: the compiler checks the data and knows the reply. */
  <Queue extends MappedQueue>(queue: Queue, ...call: SendCall<Queue>): Promise<ReplyOf<Queue>>;
  /** A queue of the {@link JobMap} without its data: an error. */
  <Queue extends MappedQueue>(queue: QueueWithoutData<Queue>): Promise<ReplyOf<Queue>>;
  /** A type for the reply of a mapped queue: an error, since the {@link JobMap} knows the reply. */
  <Reply = ReplyNotGiven>(
    queue: ExplicitReplyOnMappedQueue,
    ...call: ExplicitReplyCall<Reply>
  ): {
    /** Is the message that the compiler shows. */
    readonly 'omit the reply type: the JobMap defines it'?: never;
    /** Makes the compiler compare the members of the object. */
    toString(): string;
  };
  /** Any other queue. */
  <Reply = unknown, const Queue extends string = string>(
    queue: Queue,
    ...call: UnmappedCall<Queue, SendOptions>
  ): Promise<Reply>;
}

/** {@link RequestClient.emit} where the application has a {@link JobMap}, or closes the names of queues. */
export interface CheckedEmit {
  /** A queue of the {@link JobMap}: the compiler checks the data. */
  <Queue extends MappedQueue>(queue: Queue, ...call: EmitCall<Queue>): Observable<PushReceipt>;
  /** A queue of the {@link JobMap} without its data: an error. */
  <Queue extends MappedQueue>(queue: QueueWithoutData<Queue>): Observable<PushReceipt>;
  /** Any other queue. */
  <const Queue extends string>(
    queue: Queue,
    ...call: UnmappedCall<Queue, EmitOptions>
  ): Observable<PushReceipt>;
}
