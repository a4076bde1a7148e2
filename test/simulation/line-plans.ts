/** How a line is lost. */
export type Loss =
  /** The operation is carried out, and its answer is lost. */
  | 'answer'
  /** The server closes it, before or after the operation is carried out. */
  | 'closed'
  /** The process loses it, and the server may still carry out the operation, much later as well. */
  | 'half';

/** Which operations lines are to be lost at. */
export class LinePlans {
  private readonly plans = new Map<string, Loss[]>();

  /** A line is lost at the next operation of that name. */
  add(operation: string, loss: Loss): void {
    this.plans.set(operation, [...(this.plans.get(operation) ?? []), loss]);
  }

  /** @returns whether a line is lost at this operation in one of these ways; it is no more at the next one. */
  take(operation: string, ...losses: readonly Loss[]): Loss | undefined {
    const plans = this.plans.get(operation);
    const index = plans?.findIndex((plan) => losses.includes(plan)) ?? -1;
    return index < 0 ? undefined : plans?.splice(index, 1)[0];
  }

  /** Nothing is lost any more of what was planned. */
  clear(): void {
    this.plans.clear();
  }
}
