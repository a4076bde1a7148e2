/** A message whose end is still to be written. */
export type Writable<Message> = { -readonly [Key in keyof Message]: Message[Key] };
