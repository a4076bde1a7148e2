/** Commands on keys or channels that the user of a server has to be allowed for one purpose. */
export interface Rights {
  /** What happens without them, as a clause of a log line. */
  readonly without: string;
  /** In lower case; a subcommand follows a `|`, as in ACL rules. */
  readonly commands: readonly string[];
  /** Keys, or channels, that each of these commands is used on; without any for commands that need none. */
  readonly on?: readonly string[];
  /** Whether the process works without them, only slower or less well. */
  readonly isOptional?: boolean;
}
