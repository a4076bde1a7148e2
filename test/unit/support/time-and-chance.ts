import {
  isIdentifier,
  isImportSpecifier,
  isNewExpression,
  isPropertyAccessExpression,
  isStringLiteralLike,
  type ImportDeclaration,
  type Node,
} from 'typescript';
import { nodesOf, specifierIn } from './architecture.js';

/** Where time and chance are asked of the runtime alone, but for the file that is that of Node. */
const ON_THE_RUNTIME = new Set(['core', 'client', 'worker', 'redis', 'driver', 'protocol']);
const SYSTEM_RUNTIME = 'driver/system-runtime.ts';

const TIME_MODULES = /^(node:)?(timers(\/promises)?|perf_hooks|process)$/;
const GLOBAL_TIMERS = /^(globalThis\.)?(set|clear)(Timeout|Interval|Immediate)$/;
const TIME_AND_CHANCE =
  /^(globalThis\.)?(performance$|Date\.now$|Math\.random$|process\.(nextTick|hrtime)$|crypto\.random|AbortSignal\.timeout$)/;
/** What RxJS has that waits on timers of its own. */
const RXJS_TIME =
  /^(timer|interval|delay|timeout|debounceTime|throttleTime|auditTime|sampleTime|bufferTime|windowTime|timeInterval|timestamp)$/;

/** @returns what a file asks of the globals or of Node's modules that it is to ask the runtime, in words. */
export function askedPastRuntime(path: string, text: string): string[] {
  const [folder = ''] = path.split('/');
  return ON_THE_RUNTIME.has(folder) && path !== SYSTEM_RUNTIME
    ? nodesOf(text).flatMap((node) => {
        const asked = timeOrChanceIn(node);
        return asked === undefined ? [] : [`${path} asks ${asked}`];
      })
    : [];
}

function timeOrChanceIn(node: Node): string | undefined {
  const specifier = specifierIn(node);
  if (specifier && isStringLiteralLike(specifier)) {
    return TIME_MODULES.test(specifier.text) ? specifier.text : undefined;
  }
  if (isImportSpecifier(node)) {
    const name = (node.propertyName ?? node.name).text;
    const { moduleSpecifier } = node.parent.parent.parent as ImportDeclaration;
    const from = isStringLiteralLike(moduleSpecifier) ? moduleSpecifier.text : '';
    const isAsked =
      (from === 'node:crypto' && name.startsWith('random')) ||
      (from.startsWith('rxjs') && RXJS_TIME.test(name));
    return isAsked ? `${name} of ${from}` : undefined;
  }
  if (isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) {
    return 'new Date()';
  }
  if (!(isPropertyAccessExpression(node) || (isIdentifier(node) && !isOnlyName(node)))) {
    return undefined;
  }
  const words = node.getText();
  return GLOBAL_TIMERS.test(words) || TIME_AND_CHANCE.test(words) ? words : undefined;
}

/** Whether it names a property, a declaration or what is imported, rather than standing for a value. */
const isOnlyName = (node: Node): boolean =>
  isImportSpecifier(node.parent) || ('name' in node.parent && node.parent.name === node);
