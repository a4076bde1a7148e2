import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * A proxy before a server that passes everything on until the first command that is chosen: that one is carried out, but
 * its connection is cut instead of passing on the answer.
 * @param isTheEnd - whether that one is not even carried out, and no connection is accepted after it.
 */
export async function swallowAnswerTo(
  port: number,
  isChosen: (command: string) => boolean,
  isTheEnd = false,
): Promise<string> {
  let isOver = false;
  const server = createServer((near) => {
    if (isOver && isTheEnd) {
      near.destroy();
      return;
    }
    let isSwallowing = false;
    const far = connect(port, '127.0.0.1');
    near.on('data', (data) => {
      if (!isOver && isChosen(String(data))) {
        isOver = true;
        isSwallowing = true;
      }
      if (isSwallowing && isTheEnd) {
        near.destroy();
        return;
      }
      far.write(data);
    });
    far.on('data', (data) => {
      if (isSwallowing) {
        near.destroy();
      } else {
        near.write(data);
      }
    });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => other.destroy());
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
  });
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
