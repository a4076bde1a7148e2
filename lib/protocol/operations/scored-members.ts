/** Reads the members of a sorted set with their scores, which an answer has in turn. */
export function scoredMembersIn(found: readonly string[] = []): [member: string, score: string][] {
  const members: [string, string][] = [];
  for (let index = 0; index < found.length; index += 2) {
    members.push([found[index] ?? '', found[index + 1] ?? '']);
  }
  return members;
}
