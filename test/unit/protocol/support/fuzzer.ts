/** Values that JSON can hold, and that are odd where another is expected. */
const ODD_VALUES: readonly string[] = [
  'null',
  'true',
  '""',
  '0',
  '-1',
  '1e999',
  '-0',
  '1.5',
  '9007199254740993',
  '[]',
  '{}',
  '[[[[[[[[[[]]]]]]]]]]',
  '"__proto__"',
  '"constructor"',
  '"\\u0000\\ud800"',
  '{"toString":1,"valueOf":1}',
  '{"toString":null,"valueOf":{},"constructor":0}',
  '{"__proto__":{"toString":1},"length":-1,"then":1}',
  '{"name":{},"message":{"toString":1},"stack":[],"toString":"x","cause":7}',
  '{"job":"job-1","size":{"valueOf":1,"toString":1},"reason":{"toString":1,"valueOf":1}}',
  '{"job":"job-1","deliveries":{"valueOf":1,"toString":1},"values":{"toString":[]}}',
  `"${'x'.repeat(5_000)}"`,
  `${'['.repeat(3_000)}${']'.repeat(3_000)}`,
];

const ODD_CHARACTERS = [...'[]{}",:\\ \n\t0-9eE+.truefalsn\u0000\u2028\uD800\u00E9'];

/** Names that mean something to somebody. */
const ODD_NAMES = [
  '__proto__',
  'toString',
  'constructor',
  'message',
  'name',
  'stack',
  'job',
  'c',
  'd',
];

/** Makes texts that are nearly valid, the same ones each time. */
export class Fuzzer {
  private state: number;

  constructor(
    seed: number,
    private readonly valid: readonly string[],
  ) {
    this.state = seed;
  }

  next(): string {
    let text = this.pick(this.valid);
    for (let count = 1 + this.below(3); count > 0; count--) {
      text = this.below(2) === 0 ? this.withOddValue(text) : this.withOddText(text);
    }
    return text;
  }

  /** Puts an odd value, or an odd name, in the place of one that is there. */
  private withOddValue(text: string): string {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return this.withOddText(text);
    }
    const places: (() => string)[] = [];
    const visit = (value: unknown, write: (part: string) => string, depth: number): void => {
      places.push(() => write(this.pick(ODD_VALUES)));
      if (typeof value !== 'object' || value === null || depth > 5) {
        return;
      }
      const entries = Object.entries(value);
      const withPart = (index: number, part: string, name?: string): string => {
        const parts = entries.map(([key, each], at) => {
          const json = at === index ? part : JSON.stringify(each);
          return Array.isArray(value)
            ? json
            : `${JSON.stringify(at === index ? (name ?? key) : key)}:${json}`;
        });
        return write(Array.isArray(value) ? `[${parts.join()}]` : `{${parts.join()}}`);
      };
      entries.forEach(([, each], index) => {
        visit(each, (part) => withPart(index, part), depth + 1);
        places.push(() => withPart(index, JSON.stringify(each), this.pick(ODD_NAMES)));
      });
    };
    visit(parsed, (part) => part, 0);
    return this.pick(places)();
  }

  private withOddText(text: string): string {
    const at = this.below(text.length + 1);
    const length = this.below(8);
    switch (this.below(5)) {
      case 0:
        return text.slice(0, at);
      case 1:
        return text.slice(0, at) + text.slice(at + length);
      case 2:
        return text.slice(0, at) + text.slice(at, at + length).repeat(3) + text.slice(at + length);
      case 3: {
        const other = this.pick(this.valid);
        return text.slice(0, at) + other.slice(this.below(other.length));
      }
      default:
        return text.slice(0, at) + this.pick(ODD_CHARACTERS) + text.slice(at + 1);
    }
  }

  private pick<Item>(items: readonly [Item, ...Item[]] | readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  /** A whole number below a limit, by the generator mulberry32. */
  private below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, limit);
  }
}
