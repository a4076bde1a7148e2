import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isRecord } from '../../../lib/errors/value-text.js';

const FOLDER = new URL('../../../lib/protocol/operations/', import.meta.url);

it('each operation has a unique name, by which ioredis defines its script', async () => {
  const files = readdirSync(FOLDER);
  const modules = await Promise.all(
    files.map((file): Promise<object> => import(new URL(file, FOLDER).href)),
  );
  const operations = modules.flatMap((module) =>
    Object.values(module).filter((value) => isRecord(value) && 'name' in value),
  );
  const names = operations.map(({ name }) => String(name));
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([]);
});
