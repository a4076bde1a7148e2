import { wrongAnswers } from './answers-verdict.js';
import { wrongRuns } from './runs-verdict.js';
import type { World } from './world.js';

/** @returns what must not be, of all that happened. */
export function findWrongs(world: World): string[] {
  const { ledger, server } = world;
  const wrongs = [...ledger.stories.values()].flatMap((story) =>
    [...wrongAnswers(story, world), ...wrongRuns(story, world)].map(
      (wrong) => `${story.question.key} ${wrong}`,
    ),
  );
  return [...ledger.wrongs, ...server.books.wrongs, ...wrongs];
}
