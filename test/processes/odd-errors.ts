import { HttpException } from '@nestjs/common';

/** Errors that cannot be looked at like others. Each call makes one. */
export const ODD_ERRORS: readonly (() => unknown)[] = [
  () => {
    const { proxy, revoke } = Proxy.revocable(new Error('revoked'), {});
    revoke();
    return proxy;
  },
  () =>
    new (class extends HttpException {
      override getResponse(): never {
        throw new Error('no response');
      }
    })('odd', 400),
  () =>
    new (class extends HttpException {
      override getStatus(): never {
        throw new Error('no status');
      }
    })('odd', 400),
  () => Object.setPrototypeOf(new Error('without a prototype'), null),
  () => Object.setPrototypeOf(new Error('without a constructor'), Object.create(null)),
  () => Object.create(null),
  () =>
    Object.defineProperty(new Error(), 'message', {
      get: () => {
        throw new Error('no message');
      },
    }),
  () =>
    Object.assign(new Error('cannot be written'), {
      details: 1n,
      toJSON: () => {
        throw new Error('no JSON');
      },
    }),
  () => Object.assign(new Error('names itself'), { name: Symbol('name'), stack: 5 }),
  () => undefined,
  () => Symbol('odd'),
  () => 1n,
];
