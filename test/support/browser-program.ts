import { findOnPath, isExecutable } from '../../sample-app/src/programs.js';
import { packagedBrowser } from './packaged-browser.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Where the installers of other systems put it. */
const FILES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

const HOW_TO_GET_ONE =
  'apt-get install chromium, brew install --cask chromium, or CHROME_PATH=FILE.';

/** A Chromium, and what it needs in its environment. */
export interface BrowserProgram {
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * @returns the browser of `CHROME_PATH`, else the system's, else one of an npm package; where there is none, `undefined`,
 * and a line says so.
 * @throws Error where `CI` insists on all tests, and where `CHROME_PATH` is wrong.
 */
export async function findBrowser(): Promise<BrowserProgram | undefined> {
  const { CHROME_PATH, CI } = process.env;
  if (CHROME_PATH && !isExecutable(CHROME_PATH)) {
    throw new Error(`CHROME_PATH has to be the file of a Chromium or Chrome, got ${CHROME_PATH}`);
  }
  const file = CHROME_PATH || (findOnPath(...NAMES) ?? FILES.find(isExecutable));
  if (file) {
    return { file, env: {} };
  }
  try {
    return await packagedBrowser();
  } catch (error) {
    const reason = `No Chromium or Chrome found, and none could be had from npm (${error instanceof Error ? error.message : String(error)})`;
    if (CI) {
      throw new Error(`${reason}: ${HOW_TO_GET_ONE}`, { cause: error });
    }
    process.stderr.write(
      `Skipped the tests of the sample's page. ${reason}. To run them: ${HOW_TO_GET_ONE}\n`,
    );
    return undefined;
  }
}
