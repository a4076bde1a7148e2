/** The library, broken by hand at one place. The simulation has to find out. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** What stands there, once. */
  readonly text: string;
  readonly instead: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'what a settle has taken whose answer was lost is not read',
    file: 'lib/worker/settling/queue-lane.ts',
    text: 'const jobs = await this.settler.unansweredTakes.read(take, this.name);',
    instead: 'const jobs: readonly string[] | undefined = [];',
  },
  {
    name: 'nobody hears of the room that an unanswered take of the last slots leaves',
    file: 'lib/worker/settling/queue-lane.ts',
    text: 'this.intake.arrived(take, jobs);\n      // It may have brought none, and nothing else tells the fetcher that there is room again.\n      this.fetcher.wake();',
    instead: 'this.intake.arrived(take, jobs);',
  },
  {
    name: 'jobs are taken on a connection of which others do not know',
    file: 'lib/worker/taking/fetch-line.ts',
    text: 'await announce();',
    instead: 'void announce().catch(() => undefined);',
  },
  {
    // What the driver over Redis does when it connects again.
    name: 'a line that is made anew does not make the server forget the one before',
    file: 'test/simulation/line.ts',
    text: 'this.simulated.cut(each);',
    instead: '',
  },
  {
    name: 'a settle has answered some callers when it meets a list of replies that is none',
    file: 'lib/memory/operations/settling.ts',
    text: "if (kind !== undefined && kind !== 'list') {",
    instead: "if (kind !== undefined && kind !== 'list' && list === '') {",
  },
  {
    name: 'a job with `maxDeliveries: 1` is given back by a worker that stops',
    file: 'lib/worker/running/unfinished-runs.ts',
    text: 'maxDeliveriesOf(job, this.handler) === 1',
    instead: 'maxDeliveriesOf(job, this.handler) === 0',
  },
  {
    name: 'a take of a fetcher that was not answered is not read',
    file: 'lib/worker/taking/fetch-calls.ts',
    text: 'const jobs = await state.reading.read(this.line.line);',
    instead: 'const jobs: readonly string[] = [];',
  },
  {
    name: 'what a lost take has asked for counts for good',
    file: 'lib/worker/settling/queue-lane.ts',
    text: 'if (jobs) {\n      this.intake.arrived(take, jobs);',
    instead: 'if (jobs && jobs.length > 0) {\n      this.intake.arrived(take, jobs);',
  },
  {
    name: 'a settle does not look whether its slot still holds its job',
    file: 'lib/memory/operations/settling.ts',
    text: 'if (missing) {',
    instead: 'if (missing && isAside) {',
  },
  {
    name: 'a slot is released twice',
    file: 'lib/worker/taking/intake.ts',
    text: 'if (slot.isEmpty) {',
    instead: 'if (slot.isEmpty) {\n        this.slots.release(slot);',
  },
  {
    name: 'a slot whose job has ended is not free again',
    file: 'lib/worker/taking/intake.ts',
    text: 'if (slot.isEmpty) {\n        this.slots.release(slot);',
    instead: 'if (slot.isEmpty) {',
  },
  {
    name: 'replies are removed again after a removal that was not answered',
    file: 'lib/client/replies/reply-list.ts',
    text: ' readLost(): void {\n    this.delivered = 0;',
    instead: ' readLost(): void {',
  },
  {
    name: 'the stream of a lost worker begins anew',
    file: 'lib/memory/operations/pushing.ts',
    text: 'job + STREAM_MARK',
    instead: 'job',
  },
  {
    name: 'the deliveries of a job whose worker was lost are not counted',
    file: 'lib/memory/operations/dead-and-returned.ts',
    text: 'pushInFront(store, requests, ` ${job}`);',
    instead: 'pushInFront(store, requests, job);',
  },
  {
    name: 'a job that is pushed again does not say that it may be there already',
    file: 'lib/client/sending/outgoing-job.ts',
    text: 'this.mayBeInRedis ? asPushedAgain(this.complete(now)) : this.complete(now)',
    instead: 'this.complete(now)',
  },
  {
    name: 'nobody looks after workers that were lost',
    file: 'lib/worker/shard-workers.ts',
    text: 'void recovery.sweep(lapsed, now)',
    instead: 'void [recovery, lapsed, now]',
  },
  {
    name: 'a settle that was refused is not tried again',
    file: 'lib/worker/settling/settler.ts',
    text: 'await this.refused.retryUntilAccepted(refusal);',
    instead: '',
  },
  {
    name: 'cancelled jobs are run',
    file: 'lib/worker/running/cancelled-jobs.ts',
    text: 'return this.ids.size > 0 && this.ids.delete(id);',
    instead: 'return this.ids.size > 0 && this.ids.delete(id) && false;',
  },
  {
    name: 'expired jobs are run',
    file: 'lib/worker/running/job-starter.ts',
    text: 'deadline !== undefined && deadline <= clock.now()',
    instead: 'deadline !== undefined && deadline <= clock.now() - 1_000',
  },
  {
    name: 'a request within a handler does not inherit its deadline',
    file: 'lib/client/calls/inheritance.ts',
    text: 'parent?.timeLeft() ?? Infinity',
    instead: 'parent ? Infinity : Infinity',
  },
  {
    name: 'a request within a handler is not cancelled with its job',
    file: 'lib/client/calls/inheritance.ts',
    text: '[signal, parent?.signal]',
    instead: '[signal]',
  },
  {
    name: 'an emit that has ended counts among those that wait',
    file: 'lib/client/shard-client.ts',
    text: 'this.pendingEmits--;',
    instead: '',
  },
  {
    name: 'the length of a queue is not checked',
    file: 'lib/memory/operations/pushing.ts',
    text: 'maxQueueLength >= 0 && queueLength >= maxQueueLength',
    instead: 'maxQueueLength >= 0 && queueLength > maxQueueLength',
  },
  {
    name: 'jobs that are given back are begun as well',
    file: 'lib/worker/taking/waiting-jobs.ts',
    text: 'return this.jobs.splice(from);',
    instead: 'return this.jobs.slice(from);',
  },
];
