import type { WireError } from '../../protocol/wire/wire-error.js';
import { withoutStacks } from '../../protocol/wire/wire-reasons.js';
import type { Job } from '../../protocol/wire/job-element.js';
import { checkPayloadSize, encodePayload } from '../../protocol/wire/payload.js';
import {
  encodeEnd,
  encodeError,
  encodeReply,
  type StreamPosition,
} from '../../protocol/wire/reply-frame.js';
import type { WorkerOptions } from '../worker-options.js';

/** Maximum number of bytes that a frame adds to a value: the id, the position in the stream and the brackets. */
const MAX_FRAME_OVERHEAD_BYTES = 100;

/** Encodes the replies of the jobs of one queue, and checks their size. */
export class ReplyEncoder {
  constructor(
    private readonly queue: string,
    private readonly options: Pick<WorkerOptions, 'maxPayload' | 'exposeStack'>,
  ) {}

  /**
   * @returns the frame of a reply; `undefined` where nobody waits for it.
   * @throws PayloadTooLargeError, SerializationError
   */
  success({ version, id, replyTo }: Job, value: unknown): string | undefined {
    if (version === 2 && replyTo === undefined) {
      return undefined;
    }
    const json = encodePayload(value, this.queue, 'reply');
    const text = version === 1 ? (json ?? 'null') : encodeReply(id, json);
    checkPayloadSize(text, this.options.maxPayload, this.queue, 'reply');
    return text;
  }

  /**
   * @returns a value of a stream as JSON; `undefined` for `undefined`.
   * @throws PayloadTooLargeError, SerializationError
   */
  value(value: unknown): string | undefined {
    const json = encodePayload(value, this.queue, 'reply');
    checkPayloadSize(
      json ?? '',
      this.options.maxPayload,
      this.queue,
      'reply',
      MAX_FRAME_OVERHEAD_BYTES,
    );
    return json;
  }

  end({ id }: Job, position: StreamPosition): string {
    return encodeEnd(id, position);
  }

  /**
   * @returns the frame of an error. It never throws: an error that is too large or too deep is sent without its causes, or shortened.
   * @param position - of the frame in the stream that the error ends, if there is one.
   */
  failure({ id }: Job, error: WireError, position?: StreamPosition): string {
    const { maxPayload, exposeStack } = this.options;
    try {
      const form = exposeStack ? error : withoutStacks(error);
      const text = encodeError(id, form, position);
      if (fits(text, maxPayload)) {
        return text;
      }
      const { cause: _cause, errors: _errors, stack: _stack, ...rest } = form;
      const short = encodeError(id, rest, position);
      return fits(short, maxPayload) ? short : shortened(id, error, position, maxPayload);
    } catch {
      return shortened(id, error, position, maxPayload);
    }
  }
}

/** Maximum numbers of characters of the name, and of the message at first, of an error that is sent shortened. */
const SHORTENED_NAME_CHARACTERS = 100;
const SHORTENED_MESSAGE_CHARACTERS = 1_000;

function shortened(
  id: Job['id'],
  form: WireError,
  position: StreamPosition | undefined,
  maxPayload: number,
): string {
  const { status } = form;
  const code =
    typeof form.code === 'string' ? form.code.slice(0, SHORTENED_NAME_CHARACTERS) : form.code;
  const name = form.name.slice(0, SHORTENED_NAME_CHARACTERS);
  for (let length = SHORTENED_MESSAGE_CHARACTERS; ; length = Math.floor(length / 2)) {
    const message = `${form.message.slice(0, length)} [shortened]`;
    const text = encodeError(id, { name, message, code, status }, position);
    if (length === 0 || fits(text, maxPayload)) {
      return text;
    }
  }
}

const fits = (text: string, maxPayload: number): boolean => Buffer.byteLength(text) <= maxPayload;
