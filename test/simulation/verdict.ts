import { wrongReplies } from './replies-verdict.js';
import { wrongRuns } from './runs-verdict.js';
import type { World } from './world.js';

/** @returns everything that is wrong. */
export function findWrongs(world: World): string[] {
  const { ledger, server } = world;
  const wrongs = [...ledger.stories.values()].flatMap((story) =>
    [...wrongReplies(story, world), ...wrongRuns(story, world)].map(
      (wrong) => `${story.question.key} ${wrong}`,
    ),
  );
  return [...ledger.wrongs, ...server.serverLedger.wrongs, ...wrongs];
}
