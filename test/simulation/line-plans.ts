/** How a line is lost. */
export type Loss =
  /** The operation is carried out, and its answer is lost. */
  | 'answer'
  /** The server closes the line, before or after the operation is carried out. */
  | 'closed'
  /** The process loses the line; the server notices later, and may still carry out the operation. */
  | 'half';

/** The operations at which lines will be lost. */
export class LinePlans {
  private readonly plans = new Map<string, Loss[]>();

  /** Plans the loss of a line at the next operation with that name. */
  add(operation: string, loss: Loss): void {
    this.plans.set(operation, [...(this.plans.get(operation) ?? []), loss]);
  }

  /** Uses up one plan. @returns how a line is lost at this operation; `undefined` where none of these losses is planned. */
  take(operation: string, ...losses: readonly Loss[]): Loss | undefined {
    const plans = this.plans.get(operation);
    const index = plans?.findIndex((plan) => losses.includes(plan)) ?? -1;
    return index < 0 ? undefined : plans?.splice(index, 1)[0];
  }

  /** Removes all plans. */
  clear(): void {
    this.plans.clear();
  }
}
