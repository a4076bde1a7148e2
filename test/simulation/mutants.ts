/** The library with one bug put in by hand, which the simulation has to find. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** The text of the file that is replaced. It has to occur once. */
  readonly text: string;
  /** The replacement, which has the bug. */
  readonly instead: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the slot of a take is not read when its settle was not answered',
    file: 'lib/worker/settling/queue-lane.ts',
    text: 'const jobs = await this.settler.unansweredTakes.read(take, this.name);',
    instead: 'const jobs: readonly string[] | undefined = [];',
  },
  {
    name: 'the fetcher is not woken when an unanswered take frees the last slots',
    file: 'lib/worker/settling/queue-lane.ts',
    text: 'this.intake.arrived(take, jobs, this.driver.commands.lastRunId);\n      // The take may have brought no jobs, and nothing else notifies the fetcher that there is room again.\n      this.fetcher.wake();',
    instead: 'this.intake.arrived(take, jobs, this.driver.commands.lastRunId);',
  },
  {
    name: 'jobs are taken on a connection that other workers do not know yet',
    file: 'lib/worker/taking/fetch-line.ts',
    text: 'await announce();',
    instead: 'void announce().catch(() => undefined);',
  },
  {
    // The driver over Redis does so in its handshake.
    name: 'a reconnected line does not make the server close the previous connection',
    file: 'test/simulation/line.ts',
    text: 'this.simulated.cut(each);',
    instead: '',
  },
  {
    name: 'a settle replies to some callers before it finds a reply list that is not a list',
    file: 'lib/memory/operations/settling.ts',
    text: "if (kind !== undefined && kind !== 'list') {",
    instead: "if (kind !== undefined && kind !== 'list' && list === '') {",
  },
  {
    name: 'a worker that stops gives back a running job with `maxDeliveries: 1`',
    file: 'lib/worker/running/unfinished-runs.ts',
    text: 'maxDeliveriesOf(job, this.handler) === 1',
    instead: 'maxDeliveriesOf(job, this.handler) === 0',
  },
  {
    name: 'the slot of a take is not read when the fetcher was not answered',
    file: 'lib/worker/taking/fetch-calls.ts',
    text: 'const jobs = await state.reading.read(this.line.line);',
    instead: 'const jobs: readonly string[] = [];',
  },
  {
    name: 'an unanswered take that moved no jobs reserves its room for ever',
    file: 'lib/worker/settling/queue-lane.ts',
    text: 'if (jobs) {\n      this.intake.arrived(take',
    instead: 'if (jobs && jobs.length > 0) {\n      this.intake.arrived(take',
  },
  {
    name: 'a settle does not check whether its slot still holds its job',
    file: 'lib/memory/operations/settling.ts',
    text: 'if (missing) {',
    instead: 'if (missing && isParked) {',
  },
  {
    name: 'a slot is released twice',
    file: 'lib/worker/taking/intake.ts',
    text: 'if (slot.isEmpty) {',
    instead: 'if (slot.isEmpty) {\n        this.slots.release(slot);',
  },
  {
    name: 'a slot is not released when its last job has left',
    file: 'lib/worker/taking/intake.ts',
    text: 'if (slot.isEmpty) {\n        this.owner.onEmptied(slot);',
    instead: 'if (slot.isEmpty) {',
  },
  {
    // The check of the list would find most of these removals, so the mutant switches the check off as well.
    name: 'replies are removed again after a removal that was not answered',
    file: 'lib/client/replies/reply-list.ts',
    text: ' readLost(): void {\n    this.forgetDelivered();',
    instead: ' readLost(): void {\n    this.checkSameList = async () => undefined;',
  },
  {
    name: 'the stream of a lost worker starts again',
    file: 'lib/memory/operations/pushing.ts',
    text: 'job + STREAM_MARK',
    instead: 'job',
  },
  {
    name: 'a delivery that was lost with its worker is not counted',
    file: 'lib/memory/operations/dead-and-returned.ts',
    text: 'pushInFront(store, requests, ` ${job}`);',
    instead: 'pushInFront(store, requests, job);',
  },
  {
    name: 'a job that is pushed again is not marked as pushed before',
    file: 'lib/client/sending/outgoing-job.ts',
    text: 'this.mayBeInRedis ? asPushedAgain(this.complete(now)) : this.complete(now)',
    instead: 'this.complete(now)',
  },
  {
    name: 'no worker recovers the jobs of lost workers',
    file: 'lib/worker/shard-workers.ts',
    text: 'void recovery.sweep(lapsed, now)',
    instead: 'void [recovery, lapsed, now]',
  },
  {
    name: 'a refused settle is not retried',
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
    name: 'a request within a handler does not inherit the deadline of the job',
    file: 'lib/client/calls/inheritance.ts',
    text: 'parent?.timeLeft() ?? Infinity',
    instead: 'parent ? Infinity : Infinity',
  },
  {
    name: 'a request within a handler is not cancelled with the job',
    file: 'lib/client/calls/inheritance.ts',
    text: '[signal, parent?.signal]',
    instead: '[signal]',
  },
  {
    name: 'an emit that has ended still counts as pending',
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
    name: 'jobs that are given back are started as well',
    file: 'lib/worker/taking/waiting-jobs.ts',
    text: 'return this.jobs.splice(from);',
    instead: 'return this.jobs.slice(from);',
  },
  {
    name: 'MOVED is taken for a refusal that stays',
    file: 'lib/driver/refusal.ts',
    text: "MOVED: 'wrong server'",
    instead: "MOVED: 'permanent'",
  },
  {
    name: 'what MOVED refuses is sent again on the same line',
    file: 'lib/driver/refusal.ts',
    text: "MOVED: 'wrong server'",
    instead: "MOVED: 'temporary'",
  },
  {
    name: 'ASK is taken for a refusal that stays',
    file: 'lib/driver/refusal.ts',
    text: "ASK: 'temporary'",
    instead: "ASK: 'permanent'",
  },
  {
    name: 'TRYAGAIN is taken for a refusal that stays',
    file: 'lib/driver/refusal.ts',
    text: "TRYAGAIN: 'temporary'",
    instead: "TRYAGAIN: 'permanent'",
  },
  {
    name: 'free slots are not read when another server has taken over',
    file: 'lib/worker/taking/stale-slots.ts',
    text: 'this.checkedServer === undefined ? [] : this.intake.takeFreeSlots();',
    instead: '[];',
  },
  {
    name: 'of the slot of an unanswered take, another server shows only as many jobs as the take',
    file: 'lib/worker/taking/slot-reader.ts',
    text: 'for (;;) {',
    instead: 'while (jobs.length < take.most) {',
  },
  {
    name: 'the reply to a job that the server has lost is discarded',
    file: 'lib/worker/settling/lost-replies.ts',
    text: 'place.slot.isOfFormerServer(server) &&',
    instead: 'false &&',
  },
  {
    name: 'the stream of a job that the server has lost stops without an end',
    file: 'lib/worker/running/reply-stream.ts',
    text: 'if (this.target.mayBeLost()) {',
    instead: "if (this.target.mayBeLost() && this.run === '') {",
  },
  {
    name: 'an error of the library is caught and only logged',
    file: 'lib/worker/settling/queue-lane.ts',
    text: 'this.intake.arrived(take, jobs, this.fetcher.lastRunId);',
    instead:
      "this.intake.arrived(take, jobs, this.fetcher.lastRunId);\n    throw new Error('a bug');",
  },
];
