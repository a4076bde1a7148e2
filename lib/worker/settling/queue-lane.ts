import type { Driver } from '../../driver/driver.js';
import { Gate } from '../../driver/gate.js';
import type { QueueKeys } from '../../protocol/keys.js';
import type { SettledJobs, SettleJobs } from '../../protocol/operations/settle-jobs.js';
import type { LineIdentity } from '../../protocol/wire/line-identity.js';
import { Intake, type IntakeOwner, type Take } from '../taking/intake.js';
import { suspicionOf, type Suspicion } from '../taking/isolation.js';
import { JobFetcher, type FetcherOwner } from '../taking/job-fetcher.js';
import { RunLimit } from '../taking/run-limit.js';
import type { DeathWithReply } from '../taking/lost-jobs.js';
import type { JobPlace, Slot } from '../taking/slots.js';
import { StaleSlots } from '../taking/stale-slots.js';
import type { JobHandler, WorkerParts } from '../worker-options.js';
import type { LaneLease, LaneOwner } from './lane-owner.js';
import type { NextJobs, Outcome, SettledQueue } from './outcome.js';
import type { Settler } from './settler.js';
import { UnfinishedJobs } from './unfinished-jobs.js';

const NONE: NextJobs = { kind: 'none' };

/**
 * The way of one queue's jobs into this worker and out of it. Jobs are taken by the fetcher, or by the calls that settle other
 * jobs, and never more than the intake has room for.
 */
export class QueueLane implements SettledQueue, IntakeOwner, FetcherOwner {
  readonly name: string;
  readonly requests: string;
  /** Takes jobs out of their slots that are not settled here. */
  readonly unfinished: UnfinishedJobs;
  private readonly driver: Driver;
  private readonly intake: Intake;
  private readonly fetcher: JobFetcher;
  private readonly staleSlots: StaleSlots;
  /** Opens when something was settled. */
  private readonly settleGate = new Gate();

  constructor(
    private readonly handler: JobHandler,
    keys: QueueKeys,
    parts: WorkerParts,
    private readonly settler: Settler,
    private readonly lease: LaneLease,
    private readonly owner: LaneOwner,
  ) {
    const { shard, workerId, log } = parts;
    const { driver } = shard;
    const { queue, concurrency, runLimit = new RunLimit(concurrency) } = handler;
    this.name = queue;
    this.requests = keys.requests;
    this.driver = driver;
    this.intake = new Intake(keys, workerId, runLimit, this, driver.runtime);
    this.staleSlots = new StaleSlots(driver, queue, log, this.intake);
    this.fetcher = new JobFetcher(driver, queue, keys, log, this);
    this.unfinished = new UnfinishedJobs(queue, keys, parts, this.intake);
  }

  /** Number of jobs that run. */
  get running(): number {
    return this.intake.running;
  }

  /** Number of slots, free or not. */
  get slotCount(): number {
    return this.intake.slotCount;
  }

  /** The refusal of Redis that keeps jobs from being taken, in words; `undefined` while jobs are taken. */
  get refusal(): string | undefined {
    return this.fetcher.refusal;
  }

  /** The identities of the current connection that takes jobs, and of earlier ones that the server may still know. */
  get identities(): readonly LineIdentity[] {
    return this.fetcher.identities;
  }

  start(): void {
    this.fetcher.start();
  }

  /** Resolves when no job will be started until {@link resume}. Jobs that run go on. */
  async pause(): Promise<void> {
    const closed = this.intake.close();
    await this.fetcher.pause();
    await closed;
  }

  /** Takes jobs again, unless the lane is stopping. */
  resume(): void {
    if (!this.fetcher.isStopping) {
      this.intake.open();
      this.fetcher.resume();
    }
  }

  /**
   * Takes no more jobs, and gives back the jobs of a take without an answer. Jobs that run go on.
   * @param outOfTime - aborts when Redis is not to be waited for any longer.
   * @returns whether no job can arrive in the slots any more.
   */
  async stop(outOfTime: AbortSignal): Promise<boolean> {
    this.unfinished.stop();
    void this.intake.close();
    const { unconfirmed, isFinal } = await this.fetcher.stop(outOfTime);
    if (unconfirmed) {
      await this.unfinished.giveBack(unconfirmed.slot.fill(unconfirmed.most));
      this.intake.writeOff(unconfirmed);
    }
    return isFinal;
  }

  /** Resolves, after {@link stop}, when all jobs that wait for their run or are still being taken were given back. */
  untilGivenBack(): Promise<void> {
    return this.intake.allGivenBack();
  }

  /** Counts a run that has started. */
  runStarted(): void {
    this.intake.runStarted();
  }

  /** Counts a run whose handler has returned. @param duration - ms. */
  runEnded(place: JobPlace, duration: number): void {
    this.intake.runEnded(place, duration);
  }

  /** Pushes the reply of a job, if it has one, and removes the job from its slot. */
  settle(outcome: Outcome): void {
    this.settler.add(this, outcome);
  }

  /** Moves a job to the dead letters with its reply, if it has one. Where Redis refuses, the job is left to other workers. */
  async bury(outcome: Outcome, death: DeathWithReply, id: string | number): Promise<void> {
    await this.unfinished.moveToDeadLetters(outcome.place, death, id);
    outcome.onReleased?.();
    this.onSettled();
  }

  /** Resolves when no outcome waits to be settled and the condition holds. It is checked whenever something was settled. */
  async untilSettled(condition: () => boolean): Promise<void> {
    await this.settleGate.until(() => !this.settler.isSettling(this) && condition());
  }

  // Called by the intake.

  suspicionOf(element: string): Suspicion {
    return suspicionOf(element, this.handler, this.driver.clock.now());
  }

  startJob(place: JobPlace, element: string): void {
    this.owner.startJob(place, element);
  }

  jobNotStarted(place: JobPlace, element: string, error: unknown): void {
    this.owner.jobNotStarted(place, element, error);
  }

  runningPlaces(): readonly JobPlace[] {
    return this.owner.runningPlaces();
  }

  giveBack(places: readonly JobPlace[]): Promise<void> {
    return this.unfinished.giveBack(places);
  }

  onRoom(): void {
    this.fetcher.wake();
  }

  onEmptied(slot: Slot): void {
    if (slot.isOfFormerServer(this.driver.commands.lastRunId)) {
      // A server that lacks the last writes may still hold jobs of the slot that were settled.
      void this.readSlot({ slot, most: 0, isLong: false });
    } else {
      this.intake.freeSlot(slot);
    }
  }

  interruptWait(): void {
    void this.fetcher.interrupt();
  }

  // Called by the fetcher.

  wantsFetch(): boolean {
    const isFetchedFor = this.settler.isTaking(this) && this.takesWhenSettling;
    return this.intake.room > 0 && !isFetchedFor;
  }

  take(most: number): Take | undefined {
    return this.intake.take(most);
  }

  onFetched(take: Take, jobs: readonly string[]): void {
    this.intake.arrived(take, jobs, this.fetcher.lastRunId);
  }

  onFetchUnanswered(take: Take): void {
    this.intake.unanswered(take);
  }

  async onConnected(): Promise<void> {
    do {
      await this.staleSlots.check();
      await this.lease.renew();
      // The connection for commands may have been replaced meanwhile.
    } while (!this.staleSlots.areChecked);
  }

  // Called by the settler.

  wantsJobs(): boolean {
    return this.takesWhenSettling && !this.fetcher.isFetching && this.intake.room > 0;
  }

  decideNext(most: number, mayWait: boolean): NextJobs {
    const take = mayWait && this.fetcher.maySettleAndWait ? this.intake.take(1) : undefined;
    if (take) {
      return { kind: 'wait', take };
    }
    return this.takesWhenSettling ? { kind: 'take', takes: this.intake.takes(most) } : NONE;
  }

  settleAndWait(input: SettleJobs, take: Take): Promise<SettledJobs> {
    return this.fetcher.settleAndWait(input, take);
  }

  onTaken(take: Take, jobs: readonly string[]): void {
    this.fetcher.arrivals.tookWithoutWait(jobs.length, take.most);
    this.intake.arrived(take, jobs, this.driver.commands.lastRunId);
  }

  onUnanswered(take: Take): void {
    this.intake.unanswered(take);
    void this.readSlot(take);
  }

  onReleased(outcome: Outcome): void {
    outcome.onReleased?.();
    this.intake.release(outcome.place);
  }

  onSettled(): void {
    this.fetcher.wake();
    this.settleGate.wake();
  }

  /** Whether calls that settle jobs take the next ones, which has to be safe on the connection for commands. */
  private get takesWhenSettling(): boolean {
    return this.lease.isUpToDate() && this.staleSlots.areChecked;
  }

  /** Reads the slot of a take whose content nobody knows. */
  private async readSlot(take: Take): Promise<void> {
    const jobs = await this.settler.unansweredTakes.read(take, this.name);
    if (jobs) {
      this.intake.arrived(take, jobs, this.driver.commands.lastRunId);
      // The take may have brought no jobs, and nothing else notifies the fetcher that there is room again.
      this.fetcher.wake();
    }
  }
}
