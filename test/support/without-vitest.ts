/** The environment of this process without what Vitest sets, by which other tests would take themselves for a part of these. */
export const withoutVitest = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^(VITEST|VITE_|NODE_ENV$|TEST$|MODE$|DEV$|PROD$|SSR$)/.test(name),
    ),
  );
