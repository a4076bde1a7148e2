import { Inject, type InjectionToken } from '@nestjs/common';
import { InvalidOptionError } from '../../errors/index.js';
import { aName, expectedBy } from '../../options/option-rules.js';
import { describeValue } from '../../errors/value-text.js';
import { checkParentheses, placeOfDecorator } from '../pipeline/decorator-place.js';
import { getQueueAdminToken, getReplyWorkersToken, getRequestClientToken } from '../tokens.js';

/**
 * Injects the {@link RequestClient} of a named instance. The client of the instance without a name needs no decorator.
 *
 * @param instance - The `name` of the instance.
 * @throws {@link InvalidOptionError} anywhere but on a parameter of a constructor or on a property.
 * @example
 * ```ts
 * constructor(@InjectRequestClient('billing') private readonly billing: RequestClient) {}
 * ```
 */
export function InjectRequestClient(instance?: string): PropertyDecorator & ParameterDecorator {
  checkParentheses('@InjectRequestClient', [...arguments], '@InjectRequestClient()');
  return injecting('@InjectRequestClient', instance, getRequestClientToken);
}

/**
 * Injects the {@link ReplyWorkers} of a named instance. Those of the instance without a name need no decorator.
 *
 * @param instance - The `name` of the instance.
 * @throws {@link InvalidOptionError} anywhere but on a parameter of a constructor or on a property.
 */
export function InjectReplyWorkers(instance?: string): PropertyDecorator & ParameterDecorator {
  checkParentheses('@InjectReplyWorkers', [...arguments], '@InjectReplyWorkers()');
  return injecting('@InjectReplyWorkers', instance, getReplyWorkersToken);
}

/**
 * Injects the {@link QueueAdmin} of a named instance. That of the instance without a name needs no decorator.
 *
 * @param instance - The `name` of the instance.
 * @throws {@link InvalidOptionError} anywhere but on a parameter of a constructor or on a property.
 */
export function InjectQueueAdmin(instance?: string): PropertyDecorator & ParameterDecorator {
  checkParentheses('@InjectQueueAdmin', [...arguments], '@InjectQueueAdmin()');
  return injecting('@InjectQueueAdmin', instance, getQueueAdminToken);
}

function injecting(
  decorator: string,
  instance: string | undefined,
  tokenOf: (instance: string | undefined) => InjectionToken,
): PropertyDecorator & ParameterDecorator {
  return (target: object, name: string | symbol | undefined, ...others: unknown[]): void => {
    const { kind, text } = placeOfDecorator(decorator, [target, name, ...others]);
    if (kind !== 'field' && kind !== 'constructor parameter') {
      throw new InvalidOptionError(
        decorator,
        'on a constructor parameter or an instance property',
        text,
      );
    }
    if (instance !== undefined && !aName.accepts(instance)) {
      throw new InvalidOptionError(
        `the name in ${decorator} on ${text}`,
        expectedBy(aName, instance),
        describeValue(instance),
      );
    }
    const inject = Inject(tokenOf(instance));
    const [index] = others;
    if (typeof index === 'number') {
      inject(target, name, index);
    } else if (name !== undefined) {
      inject(target, name);
    }
  };
}
