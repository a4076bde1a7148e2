const template = document.querySelector('#card');

/** The failure of a picture for the user: a message, advice, and whether it may be started again. */
class Failure extends Error {
  constructor({ message, advice, mayBeRepeated }) {
    super(message);
    this.advice = advice;
    this.mayBeRepeated = mayBeRepeated;
  }
}

const NO_ANSWER = {
  message: 'The sample does not answer.',
  advice: 'Check its terminal. When the sample runs again, start this picture again.',
  mayBeRepeated: true,
};

/** One picture: uploads it, shows its progress, and stops both when it is cancelled. */
export class PictureCard {
  element = template.content.cloneNode(true).firstElementChild;
  state = 'waiting';
  #stop = () => undefined;
  #owner;
  #file;
  #pid;

  /** @param owner - `start(card)` runs the card when it is its turn; `changed()` and `ended(text)` are called on new states. */
  constructor(file, owner) {
    this.#file = file;
    this.#owner = owner;
    this.#find('.name').textContent = file.name;
    this.#find('.name').title = file.name;
    this.#find('.size').textContent = sizeOf(file.size);
    this.#find('progress').setAttribute('aria-label', `Progress of ${file.name}`);
    this.#find('.cancel').setAttribute('aria-label', `Cancel ${file.name}`);
    this.#find('.again').setAttribute('aria-label', `Start again: ${file.name}`);
    const preview = this.#find('.preview');
    preview.src = URL.createObjectURL(file);
    preview.addEventListener('error', () => this.#find('.frame').classList.add('empty'));
    this.#find('.cancel').addEventListener('click', () => this.#cancel());
    this.#find('.again').addEventListener('click', () => this.#again());
    this.#enter('waiting', 'Waiting for its turn');
  }

  /** Resolves when the picture has ended, in whatever way. */
  async run() {
    this.#enter('running', 'Uploading');
    const upload = new AbortController();
    this.#stop = () => upload.abort();
    try {
      const id = await this.#upload(upload.signal);
      await this.#follow(id);
    } catch (failure) {
      if (this.state === 'running') {
        this.#fail(failure);
      }
    }
  }

  /** Explains the pause of some seconds after the worker of this picture was lost. */
  workerLost(pid) {
    if (this.state === 'running' && this.#pid === pid) {
      this.#say('Its worker was lost, another one continues');
    }
  }

  async #upload(signal) {
    // Read before it is sent, since a file that was changed or removed meanwhile cannot be read.
    const body = await this.#file.arrayBuffer().catch(() => {
      const message = 'The file has been changed or removed since it was chosen.';
      throw new Failure({ message, advice: 'Choose it again.', mayBeRepeated: false });
    });
    const response = await fetch('pictures', { method: 'POST', body, signal }).catch(() => {
      throw new Failure(NO_ANSWER);
    });
    const answer = await response.json();
    if (!response.ok) {
      const { message } = answer;
      throw new Failure({ message, advice: 'Choose another picture.', mayBeRepeated: false });
    }
    return answer.id;
  }

  #follow(id) {
    return new Promise((resolve) => {
      const name = encodeURIComponent(this.#file.name);
      const source = new EventSource(`pictures/${id}/progress?name=${name}`);
      // The server unsubscribes when the browser disconnects, and the worker stops.
      this.#stop = () => {
        source.close();
        resolve();
      };
      const end = (show) => (event) => {
        source.close();
        show(event);
        resolve();
      };
      const on = (type, listener) => source.addEventListener(type, listener);
      on('progress', ({ data }) => this.#show(JSON.parse(data)));
      on(
        'done',
        end(() => this.#done()),
      );
      on(
        'failed',
        end(({ data }) => this.#fail(JSON.parse(data))),
      );
      on(
        'error',
        end(() => this.#fail(NO_ANSWER)),
      );
    });
  }

  #show({ worker, step, of, doing, made }) {
    const progress = this.#find('progress');
    progress.max = of;
    progress.value = step;
    this.#pid = worker.pid;
    const chip = this.#find('.worker');
    chip.hidden = false;
    chip.textContent = `worker ${worker.number} (pid ${worker.pid})`;
    this.#say(doing ? `${step} of ${of} · ${doing}` : 'Finishing');
    if (made) {
      this.#addRendition(made);
    }
  }

  #addRendition({ format, width, height, bytes, data }) {
    const file = new Blob([bytesOf(data)], { type: `image/${format}` });
    const kind = format === 'avif' ? 'AVIF' : 'WebP';
    const link = document.createElement('a');
    link.href = URL.createObjectURL(file);
    link.download = `${this.#file.name}-${width}x${height}.${format}`;
    const [what, weight] = [document.createElement('span'), document.createElement('span')];
    what.textContent = `${kind} ${width} × ${height}`;
    weight.textContent = sizeOf(bytes);
    weight.className = 'bytes';
    link.append(what, weight);
    link.setAttribute(
      'aria-label',
      `${kind} ${width} × ${height}, ${sizeOf(bytes)}: download of ${this.#file.name}`,
    );
    const item = document.createElement('li');
    item.append(link);
    const made = this.#find('.made');
    made.hidden = false;
    const list = made.querySelector('ul');
    list.append(item);
    made.querySelector('summary').textContent = `Download ${plural(list.children.length, 'file')}`;
    if (format === 'webp') {
      this.#find('.frame').classList.remove('empty');
      this.#find('.preview').src = link.href;
    }
  }

  #done() {
    const count = this.#find('.made ul').children.length;
    this.#enter('done', 'Done');
    this.#owner.ended(`${this.#file.name} is done: ${plural(count, 'file')}.`);
  }

  #fail({ message, advice, mayBeRepeated }) {
    const failure = this.#find('.failure');
    failure.hidden = false;
    failure.querySelector('strong').textContent = message;
    failure.querySelector('span').textContent = advice;
    this.#enter('failed', '', mayBeRepeated);
    this.#owner.ended(`${this.#file.name} has failed. ${message} ${advice}`);
  }

  #cancel() {
    const wasRunning = this.state === 'running';
    this.#enter('cancelled', wasRunning ? 'Cancelled. Its worker was told to stop.' : 'Cancelled');
    this.#stop();
    this.#owner.ended(`${this.#file.name} was cancelled.`);
  }

  #again() {
    this.#find('.made ul').replaceChildren();
    this.#find('.made').hidden = true;
    this.#find('.failure').hidden = true;
    this.#find('.worker').hidden = true;
    this.#find('progress').removeAttribute('value');
    this.#enter('waiting', 'Waiting for its turn');
    this.#owner.start(this);
  }

  #enter(state, text, mayBeRepeated = state === 'cancelled') {
    const hadFocus = this.element.contains(document.activeElement);
    this.state = state;
    this.element.dataset.state = state;
    const [cancel, again] = [this.#find('.cancel'), this.#find('.again')];
    cancel.hidden = state !== 'waiting' && state !== 'running';
    again.hidden = !mayBeRepeated;
    this.#find('progress').hidden = state !== 'running';
    this.#say(text);
    const { activeElement } = document;
    if (hadFocus && (activeElement.hidden || !this.element.contains(activeElement))) {
      // The focused element is hidden or removed: keep the focus in the card.
      (again.hidden ? (cancel.hidden ? this.element : cancel) : again).focus();
    }
    this.#owner.changed();
  }

  #say(text) {
    const doing = this.#find('.doing');
    doing.textContent = text;
    doing.hidden = text === '';
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }
}

const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

const plural = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

function sizeOf(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
